import assert from 'node:assert/strict';
import { type InteropClient, ORDERS_API } from '../../client.ts';
import { answerOf } from '../../support/api.ts';
import { apache, startApache } from '../../support/apache.ts';

export const client: InteropClient = {
  name: 'mod-oauth2',
  title: 'mod_oauth2 (Apache)',
  about:
    'A module of the Apache HTTP server that verifies access tokens before it answers: `apt-get install libapache2-mod-oauth2`, then `a2enmod oauth2`.',
  documentation: 'https://github.com/OpenIDC/mod_oauth2',
  toolchain: apache('oauth2'),
  files: [
    { path: 'signet.conf', about: 'Part of a virtual host.' },
    { path: 'httpd.conf', about: 'A server for the test.', hidden: true },
    { path: 'htdocs/api/index.html', about: 'Shows who called.', hidden: true },
  ],
  apis: [ORDERS_API],
  problems: [
    {
      says: '`401` for every token with more than one scope',
      cause: '`Require oauth2_claim scope:orders:read` compares the whole list of scopes.',
      fix: 'Use the `Require expr` of the file.',
    },
    {
      says: '`oauth2_jose_jwt_verify` and `invalid argument` in the log',
      cause: 'The token is no JWT: its request has no scope of an API, or it is no token of Signet.',
      fix: 'Request a scope of the API, which the client is registered for.',
    },
  ],
  async run(stage) {
    const api = `${stage.appUrl}/api/`;
    await stage.step('starts', () => startApache(stage));
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
    await stage.step('refuses a token that is no JWT, and says so in its log', async () => {
      assert.equal((await answerOf(api, 'opaque'))[0], 401);
      await stage.logs(/oauth2_jose_jwt_verify: .*invalid argument/);
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
