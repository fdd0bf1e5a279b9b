import assert from 'node:assert/strict';
import { request } from 'node:http';
import { startTestServer, type TestServer } from '../support/server.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('requests that are rejected before a handler', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  const cases: [
    what: string,
    path: string,
    init: { method?: string; headers?: Record<string, string> },
    status: number,
    error: string,
  ][] = [
    ['an unknown path', '/nowhere', {}, 404, 'not_found'],
    ['another spelling', '/Authorize', {}, 404, 'not_found'],
    ['another method', '/token', {}, 405, 'method_not_allowed'],
    [
      'a form of another site',
      `/interaction/${'x'.repeat(43)}/login`,
      { method: 'POST', headers: { 'Sec-Fetch-Site': 'cross-site' } },
      403,
      'cross_site_request',
    ],
  ];
  for (const [what, path, init, status, error] of cases) {
    it(`${what}: a page for browsers, JSON for other clients, not cached`, async () => {
      const ask = (accept: string) =>
        fetch(server.issuer + path, { ...init, headers: { ...init.headers, Accept: accept } });
      const page = await ask(BROWSER);
      assert.equal(page.status, status);
      assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
      assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'/);
      const html = await page.text();
      assert.ok(html.includes(`id="error">${error}<`));
      assert.ok(html.includes(`id="trace-id">${page.headers.get('trace-id')}<`));
      for (const accept of ['*/*', 'application/json']) {
        const answer = await ask(accept);
        assert.equal(answer.status, status);
        assert.equal(((await answer.json()) as { error: string }).error, error);
        assert.equal(answer.headers.get('cache-control'), 'no-store');
      }
      assert.equal(page.headers.get('cache-control'), 'no-store');
      if (status === 405) assert.equal(page.headers.get('allow'), 'POST, OPTIONS');
    });
  }

  it('do not include /favicon.ico', async () => {
    const response = await fetch(`${server.issuer}/favicon.ico`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'image/svg+xml');
  });

  it('have one line in the log, without a stack', async () => {
    const response = await fetch(`${server.issuer}/nowhere-to-be-logged`, { headers: { Accept: BROWSER } });
    const traceId = response.headers.get('trace-id') ?? '';
    await server.restart();
    const lines = server.logged.split('\n').filter((line) => line.includes(traceId));
    assert.equal(lines.length, 1);
  });

  /** The request of a browser at `http://127.0.0.1:PORT/`. */
  function misdirected(path: string, headers: Record<string, string>) {
    const { port } = new URL(server.issuer);
    return new Promise<{ status: number; policy: string; body: string }>((resolve, reject) => {
      request(
        { host: '127.0.0.1', port, path, headers: { Host: `127.0.0.1:${port}`, ...headers } },
        (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => (body += chunk.toString()));
          response.on('end', () => {
            const policy = response.headers['content-security-policy'];
            resolve({ status: response.statusCode ?? 0, policy: String(policy), body });
          });
        },
      )
        .on('error', reject)
        .end();
    });
  }

  it('at 127.0.0.1 instead of localhost: the page links to the issuer and loads nothing (RFC 9110 §15.5.20)', async () => {
    const { status, policy, body } = await misdirected('/', { Accept: BROWSER });
    assert.equal(status, 421);
    assert.ok(body.includes(`href="${server.issuer}/"`));
    assert.match(body, /<style>[^]*\.card[^]*<\/style>/);
    assert.doesNotMatch(body, /\/assets\//);
    assert.match(policy, /style-src 'sha256-[^']+'/);
    const json = await misdirected('/', {});
    assert.equal(json.status, 421);
    assert.ok(json.body.includes(`"error_description":"this server is ${server.issuer}"`));
  });
});
