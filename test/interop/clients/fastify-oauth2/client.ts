import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { openJson, pick } from '../../support/json-app.ts';
import { npm } from '../../support/npm.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'fastify-oauth2',
  title: '@fastify/oauth2 (Node.js)',
  about: 'The OAuth 2 plugin of Fastify, with discovery.',
  documentation: 'https://github.com/fastify/fastify-oauth2#use-automated-discovery-endpoint',
  toolchain: npm('@fastify/oauth2', 'fastify'),
  files: [{ path: 'app.mjs', about: 'Sign-in, refresh, revocation and userinfo.' }],
  problems: [
    {
      says: '`Invalid state`',
      cause:
        'The browser did not send the cookies of the sign-in: the page was opened again, or `callbackUri` has another host.',
      fix: 'Open the application at the host of `callbackUri`, and start at `/login`.',
    },
  ],
  async run(stage) {
    await stage.step('starts, with discovery', () => stage.start('node', ['app.mjs']));
    await stage.step('refuses an answer without its cookies', async () => {
      const { text } = await stage.person().visit(`${stage.appUrl}/login/callback?code=x&state=y`);
      assert.equal((JSON.parse(text) as { message: string }).message, 'Invalid state');
    });
    await stage.step('signs a person in with PKCE, refreshes, revokes, and reads userinfo', async () => {
      const { userinfo, scope } = await openJson(stage.person(), `${stage.appUrl}/login`);
      const { name, email } = MARIA;
      assert.deepEqual(
        [pick(userinfo, ['sub', 'name', 'email']), scope],
        [{ sub: stage.sub, name, email }, 'openid profile email'],
      );
    });
  },
};
