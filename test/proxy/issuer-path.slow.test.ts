import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../support/eventually.ts';
import { needNginx, type Nginx, planNginx, startNginx } from '../support/nginx.ts';
import { ask } from './visitor.ts';

/** The node here answers with the path and the headers that reach it. */
describe('nginx in front of an issuer with a path', function () {
  this.timeout(60_000);
  let nginx: Nginx;
  let node: Server;

  before(async function () {
    await needNginx(this);
    node = createServer(({ url, headers }, response) => response.end(JSON.stringify({ url, headers })));
    node.listen(0, '127.0.0.1');
    await once(node, 'listening');
    nginx = await startNginx(await planNginx(), [(node.address() as AddressInfo).port], { path: '/auth' });
  });
  after(async () => {
    await nginx?.stop();
    node?.close().closeAllConnections();
  });

  for (const path of [
    '/auth',
    '/auth/',
    '/auth/jwks?a=b',
    '/auth/authorize?client_id=a',
    '/auth/assets/x.css',
    '/auth/%6awks',
    '/auth//token',
    '/.well-known/openid-configuration/auth',
    '/.well-known/oauth-authorization-server/auth',
  ]) {
    it(`passes ${path} as it was sent, without a header that would remove the path`, async () => {
      const { status, body } = await ask(nginx, path, { 'X-Forwarded-Prefix': '/auth' });
      assert.equal(status, 200);
      const { url, headers } = JSON.parse(/\{.*\}/s.exec(body)?.[0] ?? '') as Record<string, unknown>;
      assert.equal(url, path);
      assert.deepEqual(
        Object.keys(headers as object).filter((name) => name === 'x-forwarded-prefix'),
        [],
      );
    });
  }

  for (const path of [
    '/',
    '/authx',
    '/token',
    '/jwks',
    '/auth/../token',
    '/.well-known/openid-configuration',
    '/.well-known/openid-configuration/auth/',
    '/.well-known/openid-configuration/authx',
  ]) {
    it(`leaves ${path} to another site`, async () => {
      assert.equal((await ask(nginx, path)).status, 404);
    });
  }

  it('limits and logs the endpoints below the path', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => ask(nginx, '/auth/token')));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200, 429]));
    const limited = answers.find(({ status }) => status === 429);
    assert.match(limited?.text ?? '', /\r\nContent-Type: application\/json\r\n/i);
    const uid = 'SECRET'.padEnd(43, 'x');
    await ask(nginx, `/auth/interaction/${uid}/login?csrf=SECRET`);
    await eventually('nginx has logged the paths', () =>
      Promise.resolve(
        nginx.log().includes(' /auth/token 429 ') && nginx.log().includes(' /auth/interaction 200 '),
      ),
    );
    assert.doesNotMatch(nginx.log(), /SECRET/);
  });
});
