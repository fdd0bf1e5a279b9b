import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { type Json, openJson, pick } from '../../support/json-app.ts';
import { npm } from '../../support/npm.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'oauth4webapi',
  title: 'oauth4webapi (JavaScript)',
  about: 'Low-level functions for OAuth 2 and OpenID Connect, for any JavaScript runtime.',
  documentation: 'https://github.com/panva/oauth4webapi/blob/main/examples/oidc.ts',
  toolchain: npm('oauth4webapi'),
  files: [{ path: 'app.mjs', about: 'Sign-in, userinfo and refresh.' }],
  problems: [
    {
      says: '`only requests to HTTPS are allowed`',
      cause: 'The issuer is on http, as a Signet on your own computer is.',
      fix: 'Pass `[oauth.allowInsecureRequests]: true` to each request, as the file does.',
    },
  ],
  async run(stage) {
    const { sub, issuer, clientId } = stage;
    const person = stage.person();
    const open = (path: string): Promise<Json> => openJson(person, stage.appUrl + path);
    await stage.step('starts, with discovery', () => stage.start('node', ['app.mjs']));
    await stage.step('signs a person in', async () => {
      const { claims } = await open('/login');
      assert.deepEqual(pick(claims, ['iss', 'sub', 'aud', 'name']), {
        iss: issuer,
        sub,
        aud: clientId,
        name: MARIA.name,
      });
    });
    await stage.step('reads userinfo', async () => {
      const { name, email } = MARIA;
      assert.deepEqual(pick(await open('/profile'), ['sub', 'name', 'email']), { sub, name, email });
    });
    await stage.step('refreshes', async () => {
      const refreshed = await open('/refresh');
      assert.deepEqual(pick(refreshed, ['sub', 'scope']), {
        sub,
        scope: 'openid email profile',
      });
    });
  },
};
