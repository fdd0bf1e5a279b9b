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
