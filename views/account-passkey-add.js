import { canMake, makePasskey } from './partials/make-passkey.js';

// The browser makes a passkey when the form is sent. Without this script, the page says what is missing.
const form = document.getElementById('add');
if (canMake) {
  const notes = {
    failed: document.getElementById('failed'),
    duplicate: document.getElementById('duplicate'),
  };
  const show = (name) => {
    notes.failed.hidden = name !== 'failed';
    notes.duplicate.hidden = name !== 'duplicate';
  };
  const add = async () => {
    await makePasskey(form);
    form.submit();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    show('none');
    add().catch((error) => {
      // A person who has closed the dialogue knows why.
      if (error.name === 'InvalidStateError') show('duplicate');
      else if (error.name !== 'NotAllowedError') show('failed');
    });
  });
  document.getElementById('unsupported').hidden = true;
  form.hidden = false;
}
