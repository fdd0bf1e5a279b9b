import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { InteropClient } from '../../client.ts';
import { openJson, textOf } from '../../support/json-app.ts';
import { npm } from '../../support/npm.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'auth-js',
  title: 'Auth.js (@auth/express, next-auth 5)',
  about: 'Sign-in for Express, Next.js, SvelteKit and other frameworks; the provider is the same in each.',
  documentation: 'https://authjs.dev/guides/configuring-oauth-providers',
  toolchain: npm('@auth/express', 'express'),
  files: [{ path: 'app.mjs', about: 'The provider, and an application with Express.' }],
  problems: [
    {
      says: 'The session has no `name` and no `email`.',
      cause:
        'Auth.js reads the user from the ID token, and `id_token_claims` of the client is off, as it is for clients that were added before version 0.2.',
      fix: 'Set `id_token_claims` of the client to `true`, or `idToken: false` of the provider, which reads userinfo.',
    },
    {
      says: '`redirect_uri` is not registered',
      cause:
        'The redirect URI is `/auth/callback/` and the `id` of the provider. With next-auth the path begins with `/api/auth`.',
      fix: 'Register the URI that the error page shows as received.',
    },
  ],
  async run(stage) {
    const person = stage.person();
    const secret = { AUTH_SECRET: randomBytes(32).toString('hex') };
    await stage.step('starts', () => stage.start('node', ['app.mjs'], secret));
    await stage.step('signs a person in, whose name and email address are in the session', async () => {
      const choice = await person.visit(`${stage.appUrl}/auth/signin`);
      const page = await person.submit(choice);
      assert.equal(page.url.origin, stage.appUrl, textOf(page.text));
      const { user } = await openJson(person, stage.appUrl);
      assert.deepEqual(user, { name: MARIA.name, email: MARIA.email });
    });
    await stage.step('signs the person out of the application', async () => {
      await person.submit(await person.visit(`${stage.appUrl}/auth/signout`));
      assert.equal((await person.visit(stage.appUrl)).text, 'null');
    });
  },
};
