import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { type Json, openJson, pick } from '../../support/json-app.ts';
import { npm } from '../../support/npm.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'openid-client-5',
  title: 'openid-client 5 (Node.js)',
  about: 'The previous major version of openid-client, which many applications and plugins still contain.',
  documentation: 'https://github.com/panva/openid-client/blob/v5.x/README.md',
  toolchain: npm('openid-client-5'),
  replace: { "'openid-client'": "'openid-client-5'" },
  files: [{ path: 'app.mjs', about: 'Sign-in with a nonce or with PKCE, userinfo, refresh and sign-out.' }],
  problems: [
    {
      says: '`state mismatch, expected …, got: …`, or `checks.state argument is missing`',
      cause:
        'The answer belongs to another sign-in: a second tab, a second server behind the load balancer, or a repeated page.',
      fix: 'Keep the checks in the session of the browser, and start the sign-in again.',
    },
    {
      says: '`code_challenge (S256) is missing`, after an upgrade of Signet or a change of the scope',
      cause: 'A nonce is enough only for a confidential client whose request has the scope `openid`.',
      fix: 'Send a code challenge, as `/login-pkce` does.',
    },
  ],
  async run(stage) {
    const names = ['iss', 'sub', 'aud', 'name', 'email'];
    const claims = {
      iss: stage.issuer,
      sub: stage.sub,
      aud: stage.clientId,
      name: MARIA.name,
      email: MARIA.email,
    };
    const person = stage.person();
    const open = (path: string): Promise<Json> => openJson(person, stage.appUrl + path);
    await stage.step('starts, with discovery', () => stage.start('node', ['app.mjs']));
    await stage.step('refuses the answer to another sign-in', async () => {
      const { text } = await stage.person().visit(`${stage.appUrl}/cb?code=x&state=y&iss=${stage.issuer}`);
      assert.equal(text, 'checks.state argument is missing');
    });
    for (const [path, how] of [
      ['/login', 'with a nonce'],
      ['/login-pkce', 'with PKCE'],
    ] as const) {
      await stage.step(`signs a person in ${how}`, async () => {
        assert.deepEqual(pick((await open(path)).claims, names), claims);
      });
    }
    await stage.step('reads userinfo', async () => {
      const { sub, name, email } = claims;
      assert.deepEqual(pick(await open('/profile'), ['sub', 'name', 'email']), { sub, name, email });
    });
    await stage.step('refreshes', async () => {
      assert.equal(((await open('/refresh')).claims as Json).sub, stage.sub);
    });
    await stage.step('signs the person out', async () => {
      const { url, text } = await person.visit(`${stage.appUrl}/logout`);
      assert.deepEqual([url.href, text], [`${stage.appUrl}/`, '"home"']);
    });
  },
};
