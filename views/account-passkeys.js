// Browsers and password managers no longer offer a passkey that was removed here. Those that cannot be told keep it.
const list = document.getElementById('passkeys');
if (list !== null) {
  window.PublicKeyCredential?.signalAllAcceptedCredentials?.(JSON.parse(list.dataset.accepted)).catch(
    () => null,
  );
}
