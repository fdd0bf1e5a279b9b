import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { startDjango } from '../../support/django.ts';
import { pypi } from '../../support/pypi.ts';
import { MARIA } from '../../support/signet.ts';

const PKCE_LINE = "'OAUTH_PKCE_ENABLED': True,";

export const client: InteropClient = {
  name: 'django-allauth',
  title: 'django-allauth',
  about: 'Sign-in, sign-up and social accounts for Django: `pip install "django-allauth[socialaccount]"`.',
  documentation: 'https://docs.allauth.org/en/latest/socialaccount/providers/openid_connect.html',
  toolchain: pypi('django-allauth', 'django-allauth', 'Django'),
  files: [
    {
      path: 'settings.py',
      about: 'allauth needs its templates and its middleware too, as its quick start says.',
    },
    { path: 'urls.py', about: 'The sign-in is at `/accounts/oidc/signet/login/`.' },
    { path: 'views.py', about: 'Shows what allauth knows about a person.', hidden: true },
    { path: 'project.py', about: 'The rest of a project.', hidden: true },
  ],
  setting: {
    lines: { 'settings.py': [PKCE_LINE] },
    refusal:
      'code_challenge (S256) and nonce are missing: send one, or register the client with pkce: optional',
    detail:
      'pkce of the client is required_or_nonce; turn on PKCE with S256 in the client, or a nonce with the scope openid (RFC 9700 §2.1.1); if it has no such setting, register it with `pkce: optional`: in the file that declares it, or by `signet client update my-client-id --pkce optional`',
    instead: ['--pkce', 'optional'],
  },
  problems: [
    {
      says: '`Third-Party Login Failure`',
      cause:
        'Signet refused the request. The address of the page has the reason in `error_description`; without PKCE it is `invalid_request`.',
      fix: 'Set `OAUTH_PKCE_ENABLED`.',
    },
    {
      says: 'A form that asks for an email address or username after the first sign-in',
      cause: 'An account of Django has this email address already, or the account at Signet has none.',
      fix: 'Set `SOCIALACCOUNT_EMAIL_AUTHENTICATION` if Signet verifies all addresses of your people.',
    },
  ],
  async run(stage) {
    const person = stage.person();
    await stage.step('starts', () => startDjango(stage));
    await stage.step('shows a page for an error of Signet', async () => {
      const callback = `${stage.appUrl}/accounts/oidc/signet/login/callback/`;
      const { status, text } = await stage.person().visit(`${callback}?error=server_error&state=x`);
      assert.deepEqual([status, text.includes('Third-Party Login Failure')], [401, true]);
    });
    await stage.step('signs a person up, by discovery and userinfo', async () => {
      const page = await person.submit(await person.visit(`${stage.appUrl}/accounts/oidc/signet/login/`));
      assert.deepEqual([page.url.href, page.status], [`${stage.appUrl}/`, 200]);
      assert.deepEqual(JSON.parse(page.text), {
        user: 'maria',
        name: MARIA.name,
        email: MARIA.email,
        provider: 'signet',
        uid: stage.sub,
      });
    });
    await stage.step('signs the same person in again', async () => {
      const other = stage.person();
      const page = await other.submit(await other.visit(`${stage.appUrl}/accounts/oidc/signet/login/`));
      const { uid, user } = JSON.parse(page.text) as Record<string, unknown>;
      assert.deepEqual([user, uid], ['maria', stage.sub]);
    });
  },
};
