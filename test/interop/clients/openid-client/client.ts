import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { npm } from '../../support/npm.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'openid-client',
  title: 'openid-client 6 (Node.js)',
  about: 'The OpenID certified client library for Node.js, Deno, Bun and others.',
  documentation: 'https://github.com/panva/openid-client#quick-start',
  toolchain: npm('openid-client'),
  files: [{ path: 'app.mjs', about: 'Sign-in, userinfo, refresh, introspection, revocation and sign-out.' }],
  problems: [
    {
      says: '`invalid response encountered`, with the cause `unexpected "state" response parameter …`',
      cause:
        'The answer belongs to another sign-in: a second tab, a second server behind the load balancer, or a repeated page.',
      fix: 'Keep `state` and the code verifier in the session of the browser, and start the sign-in again.',
    },
    {
      says: '`only requests to HTTPS are allowed`',
      cause: 'The issuer is on http, as a Signet on your own computer is.',
      fix: 'Pass `execute: [client.allowInsecureRequests]` to `discovery`, as the file does.',
    },
  ],
  async run(stage) {
    const person = stage.person();
    const json = async (path: string): Promise<Record<string, unknown>> => {
      const { status, text } = await person.visit(stage.appUrl + path);
      assert.equal(status, 200, text);
      return JSON.parse(text) as Record<string, unknown>;
    };
    await stage.step('starts, with discovery', () => stage.start('node', ['app.mjs']));
    await stage.step('refuses the answer to another sign-in', async () => {
      const { text } = await stage
        .person()
        .visit(`${stage.appUrl}/callback?code=x&state=y&iss=${stage.issuer}`);
      assert.equal(text, 'invalid response encountered: unexpected "state" response parameter encountered');
    });
    await stage.step('signs a person in', async () => {
      const { claims } = (await json('/login')) as { claims: Record<string, unknown> };
      assert.deepEqual([claims.iss, claims.sub, claims.aud], [stage.issuer, stage.sub, stage.clientId]);
      assert.deepEqual([claims.name, claims.email], [MARIA.name, MARIA.email]);
    });
    await stage.step('reads userinfo', async () => {
      const { sub, name, email, email_verified: verified } = await json('/profile');
      assert.deepEqual([sub, name, email, verified], [stage.sub, MARIA.name, MARIA.email, true]);
    });
    await stage.step('refreshes, and introspects the new token', async () => {
      const { active, sub } = await json('/refresh');
      assert.deepEqual([active, sub], [true, stage.sub]);
    });
    await stage.step('revokes the refresh token, which ends its access tokens', async () => {
      assert.deepEqual(await json('/revoke'), { active: false });
    });
    await stage.step('signs the person out', async () => {
      const { url, text } = await person.visit(`${stage.appUrl}/logout`);
      assert.deepEqual([url.href, text], [`${stage.appUrl}/`, '"home"']);
    });
  },
};
