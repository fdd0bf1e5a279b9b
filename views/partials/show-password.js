// A field of a password works without it: its button appears when it has something to do.
for (const box of document.getElementsByClassName('password')) {
  const field = box.querySelector('input');
  const button = box.querySelector('button');
  const show = (shown) => {
    field.type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
  };
  button.addEventListener('click', () => show(field.type === 'password'));
  // A browser remembers what was in a text field, and a page that it restores would show it.
  field.form.addEventListener('submit', () => show(false));
  addEventListener('pagehide', () => show(false));
  button.hidden = false;
}
