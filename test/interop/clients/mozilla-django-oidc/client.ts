import assert from 'node:assert/strict';
import { type InteropClient, ORDERS_API } from '../../client.ts';
import { startDjango } from '../../support/django.ts';
import { asksForPassword } from '../../support/person.ts';
import { pypi } from '../../support/pypi.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'mozilla-django-oidc',
  title: 'mozilla-django-oidc (Django)',
  about: 'An authentication backend for Django by Mozilla: `pip install mozilla-django-oidc`.',
  documentation: 'https://mozilla-django-oidc.readthedocs.io/en/stable/installation.html',
  toolchain: pypi('mozilla-django-oidc', 'mozilla-django-oidc', 'Django'),
  files: [
    {
      path: 'settings.py',
      about:
        'The default algorithm is HS256, which the client is not registered for. Add scopes of an API to `OIDC_RP_SCOPES` if the application calls it.',
    },
    { path: 'urls.py', about: 'The callback is `/oidc/callback/`.' },
    { path: 'views.py', about: 'The link to sign in, and the form to sign out.' },
    { path: 'logout.py', about: 'Optional: ends the session at Signet as well, when a person signs out.' },
    { path: 'project.py', about: 'The rest of a project.', hidden: true },
    { path: 'urls_of_test.py', about: 'Sign-ins that ask for other scopes.', hidden: true },
  ],
  apis: [ORDERS_API],
  addOptions: ['--scope', 'openid profile email orders:read'],
  problems: [
    {
      says: '`OIDC_RP_SIGN_ALGO alg requires OIDC_RP_IDP_SIGN_KEY or OIDC_OP_JWKS_ENDPOINT to be configured.`',
      cause: 'With RS256 it needs the public keys.',
      fix: 'Set `OIDC_OP_JWKS_ENDPOINT`.',
    },
    {
      says: 'The person is not signed in, and the log has `failed to get or create user: Claims verification failed`',
      cause:
        'People are recognised by their email address. The account has none, or `OIDC_RP_SCOPES` has no `email`.',
      fix: 'Give the account an email address, or override `verify_claims` and `filter_users_by_claims` to use `sub`.',
    },
    {
      says: 'The person is not signed in, and nothing says why',
      cause: 'Signet refused the request: mozilla-django-oidc hides the error. The log of Signet has it.',
      fix: 'Correct what the log names. `LOGIN_REDIRECT_URL_FAILURE` is the page for such people.',
    },
    {
      says: '`405 Method Not Allowed` at `/oidc/logout/`',
      cause: 'A link is a GET, and only POST signs out.',
      fix: 'Use a form, as `views.py` does.',
    },
  ],
  async run(stage) {
    const home = `${stage.appUrl}/`;
    const signInUrl = `${stage.appUrl}/oidc/authenticate/`;
    const person = stage.person();
    await stage.step('starts', () => startDjango(stage));
    await stage.step('signs a person in, by the claims of userinfo', async () => {
      const page = await person.visit(signInUrl);
      assert.deepEqual([page.url.href, shownEmail(page.text)], [home, MARIA.email]);
    });
    await stage.step('signs the person out at Signet too', async () => {
      const page = await person.submit(await person.visit(home));
      assert.deepEqual([page.url.href, shownEmail(page.text)], [home, undefined]);
      assert.equal(await asksForPassword(person, signInUrl), true);
    });
    await stage.step('refuses a person without an email address, and says so in its log', async () => {
      const page = await stage.person().visit(`${stage.appUrl}/sign-in-without-email`);
      assert.deepEqual([page.url.href, shownEmail(page.text)], [home, undefined]);
      await stage.logs(/failed to get or create user: Claims verification failed/);
    });
    await stage.step('refuses a sign-out by a link', async () => {
      assert.equal((await stage.person().visit(`${stage.appUrl}/oidc/logout/`)).status, 405);
    });
    await stage.step('signs a person in with a token for an API', async () => {
      const page = await stage.person().visit(`${stage.appUrl}/sign-in-with-api`);
      assert.deepEqual([page.url.href, shownEmail(page.text)], [home, MARIA.email]);
    });
  },
};

function shownEmail(html: string): string | undefined {
  return /<p>(.*)<\/p>/.exec(html)?.[1];
}
