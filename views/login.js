// On the sign-in page, which works without it: the button appears when it has something to do.
const field = document.getElementById('password');
const button = document.getElementById('show-password');
const show = (shown) => {
  field.type = shown ? 'text' : 'password';
  button.setAttribute('aria-pressed', String(shown));
};
button.addEventListener('click', () => show(field.type === 'password'));
// A browser remembers what was in a text field, and a page that it restores would show it.
field.form.addEventListener('submit', () => show(false));
addEventListener('pagehide', () => show(false));
button.hidden = false;

// A passkey: offered by the browser in the field of the name, and asked for by a button. Browsers without them show neither.
const passkey = document.getElementById('passkey');
if (passkey !== null && typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function') {
  const failed = document.getElementById('passkey-failed');
  let current;
  const ask = async (settings) => {
    // A browser answers one request at a time.
    current?.abort();
    current = new AbortController();
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(passkey.dataset.options));
    const answer = await navigator.credentials.get({ publicKey, signal: current.signal, ...settings });
    passkey.elements.credential.value = JSON.stringify(answer.toJSON());
    passkey.submit();
  };
  const offer = async () => {
    if (await PublicKeyCredential.isConditionalMediationAvailable?.())
      await ask({ mediation: 'conditional' });
  };
  passkey.addEventListener('submit', (event) => {
    event.preventDefault();
    failed.hidden = true;
    ask({}).catch((error) => {
      // The person has closed the dialogue, or pressed the button again.
      failed.hidden = error.name === 'NotAllowedError' || error.name === 'AbortError';
      if (error.name !== 'AbortError') offer().catch(() => null);
    });
  });
  offer().catch(() => null);
  document.getElementById('use-passkey').hidden = false;
}
