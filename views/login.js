import './partials/show-password.js';
import { askPasskey, canAsk } from './partials/ask-passkey.js';

// A passkey: offered by the browser in the field of the name, and asked for by a button. Browsers without them show neither.
const form = document.getElementById('passkey');
if (form !== null && canAsk) {
  const failed = document.getElementById('passkey-failed');
  const ask = (settings) => askPasskey(form, form.dataset.options, settings);
  const offer = async () => {
    if (await PublicKeyCredential.isConditionalMediationAvailable?.())
      await ask({ mediation: 'conditional' });
  };
  form.addEventListener('submit', (event) => {
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
