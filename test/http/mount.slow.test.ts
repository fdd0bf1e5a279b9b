import assert from 'node:assert/strict';
import { request } from 'node:http';
import { freePort } from '../support/free-port.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const UID = 'x'.repeat(43);
const QUERY = '?client_id=nobody';

describe('below the path of an issuer', () => {
  let server: TestServer;
  let port: number;

  async function start(trustedProxies: string[]): Promise<void> {
    port = await freePort();
    server = await startTestServer({ issuer: `http://localhost:${port}/auth`, trustedProxies });
  }

  const ask = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; location: string | undefined; body: string }>((resolve, reject) => {
      const Host = `localhost:${port}`;
      request({ host: '127.0.0.1', port, path, headers: { Host, ...headers } }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        const { statusCode = 0, headers: answer } = response;
        response.on('end', () => resolve({ status: statusCode, location: answer.location, body }));
      })
        .on('error', reject)
        .end();
    });
  const statuses = async (paths: readonly string[], headers?: Record<string, string>) =>
    Object.fromEntries(
      await Promise.all(paths.map(async (path) => [path, (await ask(path, headers)).status] as const)),
    );
  const each = (paths: readonly string[], status: number) =>
    Object.fromEntries(paths.map((path) => [path, status]));

  const SERVED = [
    '/auth',
    '/auth/',
    '/auth?a=b',
    '/auth/jwks',
    '/auth/.well-known/openid-configuration',
    '/auth/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration/auth',
    '/.well-known/openid-configuration/auth?x',
    '/.well-known/oauth-authorization-server/auth',
  ];
  const OUTSIDE = [
    '/',
    '/jwks',
    '/token',
    '/favicon.ico',
    `/interaction/${UID}`,
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/authx',
    '/authx/jwks',
    '/AUTH/jwks',
    '/Auth',
    '//auth/jwks',
    '/auth//jwks',
    '/auth/',
    '/auth/jwks/',
    '/auth/auth/jwks',
    '/auth/../jwks',
    '/auth/../auth/jwks',
    '/auth/./jwks',
    '/x/../auth/jwks',
    '/auth%2Fjwks',
    '/auth%2fjwks',
    '/%61uth/jwks',
    '/auth/%6awks',
    '/auth;a/jwks',
    '/auth\\jwks',
    '/.well-known/openid-configuration/',
    '/.well-known/openid-configuration/auth/',
    '/.well-known/openid-configuration/authx',
    '/.well-known/openid-configuration/auth/jwks',
    '/.well-known/jwks/auth',
  ].filter((path) => path !== '/auth/');

  describe('without a proxy', () => {
    before(() => start([]));
    after(() => server.stop());

    it('each path has one spelling', async () => {
      assert.deepEqual(await statuses(SERVED), each(SERVED, 200));
      assert.deepEqual(await statuses(OUTSIDE), each(OUTSIDE, 404));
    });

    it('an absolute request target is cut to its path (RFC 9112 §3.2.2)', async () => {
      assert.equal((await ask(`http://localhost:${port}/auth/jwks`)).status, 200);
      assert.equal((await ask(`http://localhost:${port}/jwks`)).status, 404);
      assert.equal((await ask(`http://localhost:${port}`)).status, 404);
    });

    it('the query stays as it was sent', async () => {
      const { body } = await ask(`/auth/authorize${QUERY}&a=%2F..%2F&b=?/auth/jwks`);
      assert.match(body, /invalid_client/);
    });

    it('a development server links to its address, for a browser elsewhere', async () => {
      const { status, body } = await ask('/', { Accept: 'text/html' });
      assert.equal(status, 404);
      assert.match(body, new RegExp(`<a class="button primary" href="http://localhost:${port}/auth/">`));
      const { body: wrongHost } = await ask('/auth', { Accept: 'text/html', Host: `127.0.0.1:${port}` });
      assert.match(wrongHost, new RegExp(`<a class="button primary" href="http://localhost:${port}/auth/">`));
    });

    it('X-Forwarded-Prefix is ignored, and the log says why', async () => {
      const headers = { 'X-Forwarded-Prefix': '/auth' };
      assert.deepEqual(await statuses(SERVED, headers), each(SERVED, 200));
      assert.deepEqual(await statuses(OUTSIDE, headers), each(OUTSIDE, 404));
      assert.match(server.logged, /"detail":"outside of \/auth; X-Forwarded-Prefix [^"]+ trustedProxies"/);
    });
  });

  describe('behind a proxy that strips the path', () => {
    before(() => start(['127.0.0.1']));
    after(() => server.stop());

    const STRIPPED = [
      '/',
      '/jwks',
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration/auth',
      '/.well-known/oauth-authorization-server/auth',
    ];

    for (const header of ['/auth', '/auth/', ' /auth ']) {
      it(`“X-Forwarded-Prefix: ${header}” means that it was removed, and each path has one spelling`, async () => {
        const headers = { 'X-Forwarded-Prefix': header };
        assert.deepEqual(await statuses(STRIPPED, headers), each(STRIPPED, 200));
        // At the proxy these are /auth/auth, /auth/auth/jwks, …
        const wrong = ['/auth', '/auth/', '/auth/jwks', '//jwks', '/%6awks', '/jwks/'];
        assert.deepEqual(await statuses(wrong, headers), each(wrong, 404));
      });
    }

    it('redirects, links and metadata have the path', async () => {
      const headers = { 'X-Forwarded-Prefix': '/auth', Accept: 'text/html' };
      const { location } = await ask(
        '/authorize?client_id=demo-web&response_type=code&redirect_uri=http://localhost:3002/callback&scope=openid' +
          `&code_challenge=${UID}&code_challenge_method=S256`,
        headers,
      );
      assert.match(location ?? '', /^\/auth\/interaction\/[\w-]{43}$/);
      assert.match((await ask('/', headers)).body, /href="\/auth\/assets\//);
      const { body } = await ask('/.well-known/openid-configuration', headers);
      assert.equal((JSON.parse(body) as { issuer: string }).issuer, server.issuer);
      assert.ok(body.includes(`"http://localhost:${port}/auth/token"`));
    });

    // Where a proxy appends to the header of the client, the client can make it another one.
    for (const header of ['/other', 'x, /auth', '/auth, /auth', '/AUTH', 'auth', '/auth/x']) {
      it(`“X-Forwarded-Prefix: ${header}” gives no endpoint another address`, async () => {
        const headers = { 'X-Forwarded-Prefix': header };
        const metadata = SERVED.filter((path) => path.startsWith('/.well-known/'));
        const others = [...SERVED, ...OUTSIDE].filter((path) => !metadata.includes(path));
        assert.deepEqual(await statuses(metadata, headers), each(metadata, 200));
        assert.deepEqual(await statuses(others, headers), each(others, 404));
        assert.match(
          server.logged,
          /"detail":"X-Forwarded-Prefix has another value than the path of the issuer, \/auth"/,
        );
      });
    }

    it('several proxies may each remove a part', async () => {
      const port3 = await freePort();
      const nested = await startTestServer({
        issuer: `http://localhost:${port3}/a/b`,
        trustedProxies: ['127.0.0.1'],
      });
      try {
        const status = async (prefix: string) =>
          (await fetch(`http://localhost:${port3}/jwks`, { headers: { 'X-Forwarded-Prefix': prefix } }))
            .status;
        assert.deepEqual(
          await Promise.all(['/a/b', '/a, /b', '/b, /a', '/a'].map(status)),
          [200, 200, 404, 404],
        );
      } finally {
        await nested.stop();
      }
    });

    it('no value, and no header, mean that the path is complete', async () => {
      for (const headers of [{}, { 'X-Forwarded-Prefix': '' }, { 'X-Forwarded-Prefix': '/' }]) {
        assert.deepEqual(await statuses(SERVED, headers), each(SERVED, 200));
        assert.deepEqual(await statuses(OUTSIDE, headers), each(OUTSIDE, 404));
      }
      assert.match(
        server.logged,
        /"detail":"outside of \/auth; a proxy that strips it has to send X-Forwarded-Prefix: \/auth"/,
      );
    });
  });

  it('an issuer without a path ignores the header', async () => {
    const plain = await startTestServer({ trustedProxies: ['127.0.0.1'] });
    try {
      for (const prefix of ['/auth', '/', '']) {
        const headers = { 'X-Forwarded-Prefix': prefix };
        assert.equal((await fetch(`${plain.issuer}/jwks`, { headers })).status, 200);
        assert.equal((await fetch(`${plain.issuer}/auth/jwks`, { headers })).status, 404);
      }
    } finally {
      await plain.stop();
    }
  });
});
