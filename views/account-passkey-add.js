// The browser makes a passkey when the form is sent, and the form then takes it along. Without this script, the page says what is missing.
const form = document.getElementById('add');
if (typeof window.PublicKeyCredential?.parseCreationOptionsFromJSON === 'function') {
  const notes = {
    failed: document.getElementById('failed'),
    duplicate: document.getElementById('duplicate'),
  };
  const show = (name) => {
    notes.failed.hidden = name !== 'failed';
    notes.duplicate.hidden = name !== 'duplicate';
  };
  const make = async () => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(form.dataset.options));
    const made = await navigator.credentials.create({ publicKey });
    form.elements.credential.value = JSON.stringify(made.toJSON());
    form.submit();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    show('none');
    make().catch((error) => {
      // A person who has closed the dialogue knows why.
      if (error.name === 'InvalidStateError') show('duplicate');
      else if (error.name !== 'NotAllowedError') show('failed');
    });
  });
  document.getElementById('unsupported').hidden = true;
  form.hidden = false;
}
