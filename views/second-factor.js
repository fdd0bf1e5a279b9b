// A security key is used by the browser. The other factors need no script.
const key = document.getElementById('security-key');
if (key !== null && typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function') {
  const { form } = key.querySelector('input');
  const failed = document.getElementById('security-key-failed');
  let current;
  const ask = async () => {
    // A browser answers one request at a time.
    current?.abort();
    current = new AbortController();
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(key.dataset.options));
    const answer = await navigator.credentials.get({ publicKey, signal: current.signal });
    form.elements.credential.value = JSON.stringify(answer.toJSON());
    form.submit();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    failed.hidden = true;
    ask().catch((error) => {
      // A person who has closed the dialogue, or pressed the button again, knows why.
      failed.hidden = error.name === 'NotAllowedError' || error.name === 'AbortError';
    });
  });
  document.getElementById('security-key-unsupported').hidden = true;
  document.getElementById('security-key-lead').hidden = false;
}
