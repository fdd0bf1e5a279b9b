import assert from 'node:assert/strict';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { createSampleApp } from '../../src/sample-app/app.ts';
import { UserAgent } from '../support/user-agent.ts';
import { Stage } from './stage.ts';

describe('sample app: HTTP', () => {
  let stage: Stage;

  before(async () => {
    stage = await Stage.open();
  });

  after(() => stage.close());

  const SECURITY_HEADERS = {
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  };

  it('rejects a compressed form with 415', async () => {
    const headers = { 'Content-Encoding': 'gzip', 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = gzipSync('a=b').subarray(0, 12);
    assert.equal((await fetch(`${stage.url}/logout`, { method: 'POST', headers, body })).status, 415);
  });

  for (const [path, status] of [
    ['/', 200],
    ['/callback', 400],
    ['/nowhere', 404],
    ['/LOGIN', 404],
    ['/login/', 404],
    ['/%E0%A4%A', 404],
    ['/logout', 405],
    ['/callback?state[]=a&state=b&code=%00', 400],
  ] as const) {
    it(`G06 responds to GET ${path} with ${status}, a page and the security headers`, async () => {
      const response = await fetch(stage.url + path);
      assert.equal(response.status, status);
      assert.match(await response.text(), /<h1>/);
      for (const [name, value] of Object.entries(SECURITY_HEADERS))
        assert.equal(response.headers.get(name), value, name);
      const policy = response.headers.get('content-security-policy') ?? '';
      for (const directive of [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "base-uri 'none'",
      ]) {
        assert.ok(policy.includes(directive), directive);
      }
      assert.doesNotMatch(policy, /unsafe|script-src|\*/);
    });
  }

  it('rejects a form that is too large with 413', async () => {
    const response = await new UserAgent().post(`${stage.url}/call-api`, { text: 'a'.repeat(10_000) });
    assert.equal(response.status, 413);
  });

  it('has one stylesheet and one icon, cached without revalidation', async () => {
    const html = await (await fetch(stage.url)).text();
    const paths = new Set(html.match(/\/assets\/[^"]+/g));
    assert.equal(paths.size, 2);
    for (const path of paths) {
      const response = await fetch(stage.url + path);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.match(response.headers.get('content-type') ?? '', /^(text\/css|image\/svg\+xml)/);
    }
    assert.equal((await fetch(`${stage.url}/assets/../app.ts`)).status, 404);
    assert.equal((await fetch(`${stage.url}/assets/style.css`)).status, 404);
  });

  it('runs no script', async () => {
    assert.doesNotMatch(await (await fetch(stage.url)).text(), /<script|\son\w+=|javascript:|style=/);
  });

  /** Sends a request with any Host header and an unmodified target. */
  function ask(method: string, path: string, host: string): Promise<{ status: number; location: string }> {
    return new Promise((resolve, reject) => {
      request(
        { host: '127.0.0.1', port: new URL(stage.url).port, method, path, headers: { host } },
        (response) => {
          response.resume();
          resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '' });
        },
      )
        .on('error', reject)
        .end();
    });
  }

  for (const path of ['/login?a=b', '//evil.example/x', '/callback?state=x']) {
    it(`redirects GET ${path} with another host name to the canonical one`, async () => {
      const host = `127.0.0.1:${new URL(stage.url).port}`;
      assert.deepEqual(await ask('GET', path, host), { status: 302, location: stage.url + path });
    });
  }

  it('rejects a POST with another host name with 421', async () => {
    assert.equal((await ask('POST', '/logout', 'evil.example')).status, 421);
  });

  it('sets Secure cookies with the prefix __Host- when its URL is https', async () => {
    const app = createSampleApp({
      url: new URL('https://app.example.com'),
      issuer: stage.issuer.url,
      api: stage.issuer.api,
      clientId: 'demo-web',
      clientSecret: 'demo-web-secret',
    });
    const handle = app.callback();
    const { createServer } = await import('node:http');
    const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    try {
      // A proxy may include the default port (RFC 9110 §4.2.3).
      for (const host of ['app.example.com', 'APP.example.com:443']) {
        const response = await new Promise<{ cookie: string; hsts: unknown }>((resolve, reject) => {
          request({ host: '127.0.0.1', port, path: '/login', headers: { host } }, ({ headers }) =>
            resolve({ cookie: headers['set-cookie']?.[0] ?? '', hsts: headers['strict-transport-security'] }),
          )
            .on('error', reject)
            .end();
        });
        assert.match(
          response.cookie,
          /^__Host-sample_app_browser=[\w-]{43}; path=\/; samesite=lax; secure; httponly$/,
          host,
        );
        assert.equal(response.hsts, 'max-age=31536000');
      }
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
