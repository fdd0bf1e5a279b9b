export const canAsk = typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function';

let asked;

// The browser uses a passkey, and the form takes its answer along.
export async function askPasskey(form, options, settings) {
  // A browser answers one request at a time.
  asked?.abort();
  asked = new AbortController();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options));
  const answer = await navigator.credentials.get({ publicKey, signal: asked.signal, ...settings });
  form.elements.credential.value = JSON.stringify(answer.toJSON());
  form.submit();
}
