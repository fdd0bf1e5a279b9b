// On the page of a new account, which works without it: the button appears when it has something to do.
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

// A passkey instead of the password: the browser makes it, and the form takes it along. Browsers without passkeys show no button.
const form = document.getElementById('account');
const usePasskey = document.getElementById('use-passkey');
if (usePasskey !== null && typeof window.PublicKeyCredential?.parseCreationOptionsFromJSON === 'function') {
  const failed = document.getElementById('failed');
  const make = async () => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(form.dataset.options));
    const made = await navigator.credentials.create({ publicKey });
    form.elements.credential.value = JSON.stringify(made.toJSON());
    form.elements.password.value = '';
    form.submit();
  };
  usePasskey.addEventListener('click', () => {
    failed.hidden = true;
    const { name, terms } = form.elements;
    // What is missing would be refused after the passkey was made.
    if (!name.reportValidity() || terms?.reportValidity() === false) return;
    // A person who has closed the dialogue knows why.
    make().catch((error) => (failed.hidden = error.name === 'NotAllowedError'));
  });
  usePasskey.hidden = false;
  document.getElementById('passkey-hint').hidden = false;
}
