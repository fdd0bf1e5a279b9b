export const canMake = typeof window.PublicKeyCredential?.parseCreationOptionsFromJSON === 'function';

// The browser makes a passkey, and the form takes it along.
export async function makePasskey(form) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(form.dataset.options));
  const made = await navigator.credentials.create({ publicKey });
  form.elements.credential.value = JSON.stringify(made.toJSON());
}
