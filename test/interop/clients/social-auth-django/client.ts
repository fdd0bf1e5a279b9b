import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { startDjango } from '../../support/django.ts';
import { pypi } from '../../support/pypi.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'social-auth-django',
  title: 'Python Social Auth (Django)',
  about: 'Accounts of other servers for Django: `pip install social-auth-app-django`.',
  documentation: 'https://python-social-auth.readthedocs.io/en/latest/backends/oidc.html',
  toolchain: pypi('social-auth-django', 'social-auth-app-django', 'social-auth-core', 'Django'),
  files: [
    {
      path: 'settings.py',
      about: 'It sends a `nonce` by itself. Add `SOCIAL_AUTH_OIDC_USE_PKCE = True` for PKCE as well.',
    },
    { path: 'urls.py', about: 'The callback is `/complete/oidc/`.' },
    { path: 'views.py', about: 'The form to sign in: version 8 answers to POST only.' },
    { path: 'project.py', about: 'The rest of a project.', hidden: true },
  ],
  problems: [
    {
      says: '`405 Method Not Allowed` at `/login/oidc/`',
      cause: 'A link is a GET, and only POST signs in.',
      fix: 'Use a form, as `views.py` does.',
    },
    {
      says: '`The authentication session is unavailable. Please restart login.`',
      cause:
        'The cookie of the session was lost: the page was opened under another name than that of the redirect URI.',
      fix: 'Open the application under the name that its redirect URI has.',
    },
    {
      says: 'Signet shows that the redirect URI is not registered, and it begins with `http:`',
      cause: 'Django is behind a proxy and does not know that people use https.',
      fix: 'Set `SECURE_PROXY_SSL_HEADER`, or `SOCIAL_AUTH_REDIRECT_IS_HTTPS = True`.',
    },
  ],
  async run(stage) {
    const home = `${stage.appUrl}/`;
    const shown = [MARIA.username, MARIA.name, MARIA.email].join(', ');
    await stage.step('starts', () => startDjango(stage));
    await stage.step('refuses an answer without its cookie', async () => {
      const { status } = await stage.person().visit(`${stage.appUrl}/complete/oidc/?code=x&state=y`);
      assert.equal(status, 500);
      await stage.logs(/The authentication session is unavailable\. Please restart login\./);
    });
    await stage.step('refuses a sign-in by a link', async () => {
      assert.equal((await stage.person().visit(`${stage.appUrl}/login/oidc/`)).status, 405);
    });
    for (const title of ['signs a person up, by discovery and userinfo', 'signs the same person in again']) {
      await stage.step(title, async () => {
        const person = stage.person();
        const page = await person.submit(await person.visit(home));
        assert.deepEqual([page.url.href, /<p>(.*)<\/p>/.exec(page.text)?.[1]], [home, shown], page.text);
      });
    }
  },
};
