import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { openJson } from '../../support/json-app.ts';
import { npm } from '../../support/npm.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'passport-openidconnect',
  title: 'passport-openidconnect (Node.js)',
  about: 'The OpenID Connect strategy of Passport.',
  documentation: 'https://www.passportjs.org/packages/passport-openidconnect/',
  toolchain: npm('passport-openidconnect', 'passport', 'express', 'express-session'),
  files: [{ path: 'app.mjs', about: 'The strategy, and an application with Express.' }],
  setting: {
    lines: { 'app.mjs': ['nonce: true,'] },
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
      says: '`Unable to verify authorization request state.`',
      cause:
        'The session of the application is lost on the way: its cookie is for another host, or `secure` on plain http.',
      fix: 'Open the application at the address of `callbackURL`.',
    },
    {
      says: 'The profile has only `id`.',
      cause:
        'The strategy reads the profile from the ID token when `verify` has fewer than nine parameters, and `id_token_claims` of the client is off.',
      fix: 'Set `id_token_claims` of the client to `true`, or `skipUserProfile: false`, which reads userinfo.',
    },
  ],
  async run(stage) {
    const person = stage.person();
    await stage.step('starts', () => stage.start('node', ['app.mjs']));
    await stage.step('refuses an answer without its session', async () => {
      const { text } = await stage.person().visit(`${stage.appUrl}/cb?code=x&state=y`);
      assert.equal(text, '["Unable to verify authorization request state."]');
    });
    await stage.step('signs a person in, whose name and email address are in the profile', async () => {
      const user = await openJson(person, `${stage.appUrl}/login`);
      assert.deepEqual(user, {
        issuer: stage.issuer,
        id: stage.sub,
        username: MARIA.username,
        displayName: MARIA.name,
        emails: [{ value: MARIA.email }],
      });
    });
  },
};
