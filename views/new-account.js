import './partials/show-password.js';
import { canMake, makePasskey } from './partials/make-passkey.js';

// A passkey instead of the password. Browsers without passkeys show no button.
const form = document.getElementById('account');
const usePasskey = document.getElementById('use-passkey');
if (usePasskey !== null && canMake) {
  const failed = document.getElementById('failed');
  const make = async () => {
    await makePasskey(form);
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
