import { askPasskey, canAsk } from './partials/ask-passkey.js';

// A security key is used by the browser. The other factors need no script.
const key = document.getElementById('security-key');
if (key !== null && canAsk) {
  const { form } = key.querySelector('input');
  const failed = document.getElementById('security-key-failed');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    failed.hidden = true;
    askPasskey(form, key.dataset.options).catch((error) => {
      // A person who has closed the dialogue, or pressed the button again, knows why.
      failed.hidden = error.name === 'NotAllowedError' || error.name === 'AbortError';
    });
  });
  document.getElementById('security-key-unsupported').hidden = true;
  document.getElementById('security-key-lead').hidden = false;
}
