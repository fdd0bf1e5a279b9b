import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../support/free-port.ts';
import { makeCertificate } from '../../../support/nginx.ts';
import { type InteropClient, ORDERS_API } from '../../client.ts';
import { answerOf } from '../../support/api.ts';
import { apache, startApache } from '../../support/apache.ts';
import type { Stage } from '../../support/stage.ts';

export const client: InteropClient = {
  name: 'mod-auth-openidc-api',
  title: 'mod_auth_openidc as a resource server (Apache)',
  about:
    'The same module verifies access tokens. Its authors recommend [mod_oauth2](mod-oauth2.md) for this; mod_auth_openidc 2.4 has both.',
  documentation: 'https://github.com/OpenIDC/mod_auth_openidc/wiki/OAuth-2.0-Resource-Server',
  toolchain: apache('auth_openidc'),
  files: [
    { path: 'signet.conf', about: 'Part of a virtual host.' },
    { path: 'httpd.conf', about: 'A server for the test.', hidden: true },
    { path: 'htdocs/api/index.html', about: 'Shows who called.', hidden: true },
  ],
  apis: [ORDERS_API],
  problems: [
    {
      says: '`cannot be parsed as a "https" URL` at the start',
      cause: 'The module reads keys over https only, and Signet runs on http://localhost.',
      fix: 'Put TLS in front of it, or use mod_oauth2.',
    },
    {
      says: '`401` with a valid token, and `authorization failure for` in the log',
      cause:
        'A `Require claim` is not satisfied. `Require claim scope:orders:read` matches only a token with exactly this one scope.',
      fix: 'Use the regular expression of the file, in quotes.',
    },
    {
      says: '`401` for each opaque token',
      cause: 'The token is for `/userinfo` alone: its request has no scope of an API.',
      fix: 'Request a scope of the API, which the client is registered for.',
    },
  ],
  async run(stage) {
    const api = `${stage.appUrl}/api/`;
    await stage.step('starts', () => startWithTls(stage));
    await stage.step('accepts a token of a program', async () => {
      const token = await stage.machineToken({ scope: 'orders:read' });
      assert.deepEqual(await answerOf(api, token), [200, 'nightly-job\n']);
    });
    await stage.step('accepts a token with several scopes', async () => {
      const token = await stage.machineToken({ scope: 'orders:write orders:read' });
      assert.deepEqual(await answerOf(api, token), [200, 'nightly-job\n']);
    });
    await stage.step('accepts a token of a person', async () => {
      const token = await stage.personToken('openid orders:read');
      assert.deepEqual(await answerOf(api, token), [200, `${stage.sub}\n`]);
    });
    await stage.step('refuses a request without a token', async () => {
      assert.equal((await answerOf(api))[0], 401);
    });
    await stage.step('refuses a token without the scope', async () => {
      const token = await stage.machineToken({ scope: 'orders:write' });
      assert.equal((await answerOf(api, token))[0], 401);
    });
    await stage.step('refuses a token for another API', async () => {
      const token = await stage.machineToken({ scope: 'billing:read' });
      assert.equal((await answerOf(api, token))[0], 401);
    });
  },
};

/** The module refuses a JWKS on http, so a second port of the server puts TLS in front of Signet. */
async function startWithTls(stage: Stage): Promise<void> {
  await makeCertificate(stage.directory, 'tls', ['localhost']);
  const port = await freePort();
  const file = join(stage.directory, 'signet.conf');
  const text = readFileSync(file, 'utf8').replace(`${stage.issuer}/jwks`, `https://localhost:${port}/jwks`);
  writeFileSync(file, text);
  await startApache(stage, { TLS_PORT: String(port), ISSUER: stage.issuer });
}
