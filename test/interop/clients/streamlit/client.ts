import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { pypi } from '../../support/pypi.ts';
import { signIn, signInAndConsent } from '../../support/sign-in-page.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'streamlit',
  title: 'Streamlit',
  about: '`st.login` and `st.user` of data apps in Python: `pip install streamlit Authlib httpx`.',
  documentation: 'https://docs.streamlit.io/develop/api-reference/user/st.login',
  toolchain: pypi('streamlit', 'streamlit', 'Authlib'),
  files: [
    {
      path: '.streamlit/secrets.toml',
      about:
        'Streamlit asks with `prompt=select_account`: a person who is signed in at Signet chooses an account. Set `client_kwargs = { "prompt" = "login" }` to ask for the password each time.',
    },
    { path: 'app.py', about: '`st.user` has the claims of the ID token.' },
  ],
  problems: [
    {
      says: '`st.user has no attribute "name"`',
      cause: 'Streamlit reads the ID token alone, and `id_token_claims` of the client is off.',
      fix: 'Set `id_token_claims` of the client to `true`.',
    },
    {
      says: 'Signet shows that the redirect URI is not registered',
      cause: '`redirect_uri` must be the address of the application followed by `/oauth2callback`.',
      fix: 'Correct it in `secrets.toml`, or register it.',
    },
    {
      says: 'Signet shows that the address after the sign-out is not registered',
      cause: 'Streamlit returns to `/oauth2callback` from a sign-out, too.',
      fix: 'Register it as a `post_logout_redirect_uris` as well.',
    },
    {
      says: 'An error that names `Authlib>=1.3.2`',
      cause: 'Authlib is not a dependency of Streamlit.',
      fix: '`pip install Authlib`',
    },
  ],
  async run(stage) {
    const options = ['--server.headless', 'true', '--browser.gatherUsageStats', 'false'];
    const address = ['--server.address', 'localhost', '--server.port', String(stage.port)];
    await stage.step('starts', () => stage.start('streamlit', ['run', 'app.py', ...options, ...address]));
    const page = await (await stage.browser()).newPage();
    const greeting = `Hello, ${MARIA.name} <${MARIA.email}>`;
    const greeted = async (): Promise<string> => await page.getByTestId('stText').innerText();
    const logIn = async (): Promise<void> => await page.getByRole('button', { name: 'Log in' }).click();
    await stage.step('signs a person in, and finds the claims in the ID token', async () => {
      await page.goto(stage.appUrl);
      await logIn();
      await signInAndConsent(page);
      assert.equal(await greeted(), greeting);
    });
    await stage.step('signs the person out at Signet too', async () => {
      await page.getByRole('button', { name: 'Log out' }).click();
      await logIn();
      await signIn(page);
      assert.equal(await greeted(), greeting);
    });
    await stage.step('lets a person who is signed in choose the account', async () => {
      await page.context().clearCookies({ name: /^_streamlit/ });
      await page.goto(stage.appUrl);
      await logIn();
      await page.getByRole('button', { name: `Continue as ${MARIA.name}` }).click();
      assert.equal(await greeted(), greeting);
    });
  },
};
