import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { InteropClient } from '../../client.ts';
import { textOf } from '../../support/json-app.ts';
import { npmFrom } from '../../support/npm.ts';
import type { Page } from '../../support/person.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'next-auth-4',
  title: 'NextAuth.js 4 (Next.js)',
  about: 'Sign-in for Next.js, in the version before [Auth.js](auth-js.md).',
  documentation: 'https://next-auth.js.org/configuration/providers/oauth#using-a-custom-provider',
  toolchain: npmFrom('npm-next', 'next-auth', 'next', 'react', 'react-dom'),
  files: [
    { path: 'pages/api/auth/[...nextauth].js', about: 'The provider.' },
    { path: 'pages/index.js', about: 'A page that shows the user.' },
  ],
  setting: {
    lines: { 'pages/api/auth/[...nextauth].js': ["checks: ['pkce', 'state'],"] },
    refusal:
      'code_challenge (S256) and nonce are missing: send one, or register the client with pkce: optional',
    detail:
      'pkce of the client is required_or_nonce; turn on PKCE with S256 in the client, or a nonce with the scope openid (RFC 9700 §2.1.1); ' +
      'if it has no such setting, register it with `pkce: optional`: in the file that declares it, or by ' +
      '`signet client update my-client-id --pkce optional`',
    instead: ['--pkce', 'optional'],
  },
  problems: [
    {
      says: '`OAUTH_CALLBACK_ERROR`, with `State cookie was missing` or `PKCE code_verifier cookie was missing`',
      cause:
        'The browser did not send the cookies of the sign-in: `NEXTAUTH_URL` and the address in the browser differ.',
      fix: 'Set `NEXTAUTH_URL` to the address that people open.',
    },
    {
      says: '`.session.user.image` … `undefined` cannot be serialized as JSON',
      cause: 'The person has no picture, and `getServerSideProps` returns `undefined`.',
      fix: 'Return `profile.picture ?? null` from `profile`.',
    },
    {
      says: 'The page of Signet says that the redirect URI is not registered.',
      cause: 'The redirect URI is `NEXTAUTH_URL`, `/api/auth/callback/` and the `id` of the provider.',
      fix: 'Register the URI that the page shows as received.',
    },
  ],
  async run(stage) {
    const person = stage.person();
    const next = join(stage.installation.directory, 'node_modules/next/dist/bin/next');
    const user = (page: Page): string =>
      /<pre id="session">(.*?)<\/pre>/.exec(page.text)?.[1]?.replaceAll('&quot;', '"') ?? textOf(page.text);
    await stage.step('starts', () =>
      stage.start('node', [next, 'dev', '-p', String(stage.port)], {
        NEXTAUTH_URL: stage.appUrl,
        NEXTAUTH_SECRET: randomBytes(32).toString('hex'),
        NEXT_TELEMETRY_DISABLED: '1',
      }),
    );
    await stage.step('signs a person in, whose name and email address are in the session', async () => {
      const choice = await person.visit(`${stage.appUrl}/api/auth/signin`);
      await person.submit(choice);
      const { name, email } = MARIA;
      assert.equal(user(await person.visit(stage.appUrl)), JSON.stringify({ name, email, image: null }));
    });
    await stage.step('signs the person out of the application', async () => {
      await person.submit(await person.visit(`${stage.appUrl}/api/auth/signout`));
      assert.equal(user(await person.visit(stage.appUrl)), 'null');
    });
  },
};
