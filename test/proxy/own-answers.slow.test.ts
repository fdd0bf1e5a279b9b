import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ISSUER_HOST, MTLS_HOST, needNginx, type Nginx, planNginx, startNginx } from '../support/nginx.ts';
import { freePort } from '../support/free-port.ts';
import { ask, askInARow } from './visitor.ts';

const BROWSER = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

/** The responses of nginx itself. */
describe('nginx', function () {
  this.timeout(60_000);
  let nginx: Nginx;
  let alone: Nginx;
  let node: Server;

  before(async function () {
    await needNginx(this);
    // Signet's own error responses are passed unchanged.
    node = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
      if (request.url === '/limited') {
        response.writeHead(429, { 'Retry-After': '37', 'Content-Type': 'application/json' });
        response.end('{"error":"temporarily_unavailable","error_description":"from Signet"}');
      } else if (request.url === '/busy') {
        response.writeHead(503, { 'Retry-After': '1' }).end('from Signet');
      } else {
        response.end(JSON.stringify({ url: request.url, cookies: request.headers.cookie?.length ?? 0 }));
      }
    }).listen(0, '127.0.0.1');
    await once(node, 'listening');
    const plan = await planNginx();
    mkdirSync(join(plan.directory, 'acme/.well-known/acme-challenge'), { recursive: true });
    writeFileSync(join(plan.directory, 'acme/.well-known/acme-challenge/To_ken-1'), 'To_ken-1.thumbprint');
    writeFileSync(join(plan.directory, 'acme/outside'), 'secret');
    nginx = await startNginx(plan, [(node.address() as AddressInfo).port]);
    alone = await startNginx(await planNginx(), [await freePort()]);
  });
  after(async () => {
    await nginx?.stop();
    await alone?.stop();
    node?.close().closeAllConnections();
  });

  const headersOf = (answer: string): Record<string, string> =>
    Object.fromEntries(
      answer
        .slice(0, answer.indexOf('\r\n\r\n'))
        .split('\r\n')
        .slice(1)
        .map((line) => [
          line.slice(0, line.indexOf(':')).toLowerCase(),
          line.slice(line.indexOf(':') + 1).trim(),
        ]),
    );

  function assertPage(answer: { text: string; body: string }, heading: RegExp): void {
    const headers = headersOf(answer.text);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.match(answer.body, /^<!DOCTYPE html>\n<html lang="en">/);
    assert.match(answer.body, heading);
    assert.doesNotMatch(answer.body, /nginx|<script|\$/i);
    const style = /<style>([^]*)<\/style>/.exec(answer.body)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    assert.equal(
      headers['content-security-policy'],
      `default-src 'none'; style-src 'sha256-${hash}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'`,
    );
    assertRefusal(headers);
  }

  function assertJson(answer: { text: string; body: string }, description: string): void {
    const headers = headersOf(answer.text);
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(answer.body), {
      error: 'temporarily_unavailable',
      error_description: description,
    });
    assertRefusal(headers);
  }

  function assertRefusal(headers: Record<string, string>): void {
    assert.match(headers['retry-after'] ?? '', /^\d+$/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['strict-transport-security'], 'max-age=31536000');
    assert.equal(headers.server, 'nginx');
  }

  const JSON_REQUESTS: [path: string, headers: Record<string, string>][] = [
    ['/authorize', {}],
    ['/authorize', { Accept: '*/*' }],
    ['/authorize', { Accept: 'application/json' }],
    ['/', { Accept: 'application/json, text/html;q=0.5' }],
    ['/token', BROWSER],
    ['/jwks', BROWSER],
    ['/userinfo', BROWSER],
    ['/.well-known/openid-configuration', BROWSER],
  ];

  it('answers with its own page or JSON when no node answers', async () => {
    for (const path of ['/', '/authorize?client_id=a', '/interaction/abc/login', '/logout']) {
      const answer = await ask(alone, path, BROWSER);
      assert.equal(answer.status, 502, path);
      assertPage(answer, /<h1>This service cannot be reached<\/h1>/);
    }
    const form = await ask(alone, '/interaction/abc/login', BROWSER, { method: 'POST', body: 'a=b' });
    assert.equal(form.status, 502);
    assertPage(form, /<h1>This service cannot be reached<\/h1>/);
    for (const [path, headers] of JSON_REQUESTS) {
      const answer = await ask(alone, path, headers);
      assert.equal(answer.status, 502, path);
      assertJson(answer, 'the authorization server cannot be reached');
    }
    const mtls = { Host: `${MTLS_HOST}:${alone.port}` };
    assertJson(
      await ask(alone, '/token', mtls, { servername: MTLS_HOST, method: 'POST', body: 'a=b' }),
      'the authorization server cannot be reached',
    );
  });

  it('answers with its own page or JSON when a client sends too much', async () => {
    // More than rate and burst of the path allow.
    const some = Array.from({ length: 500 }, () => ({ target: '/token' }));
    let refused = { status: 0, text: '', body: '' };
    // A slow machine sends the request of a browser when it is allowed again.
    while (refused.status !== 429) {
      assert.ok((await askInARow(alone, some)).includes(429));
      refused = await ask(alone, '/token', BROWSER);
    }
    assertJson(refused, 'too many requests');
    assert.equal(headersOf(refused.text)['retry-after'], '1');
  });

  it("passes Signet's responses unchanged", async () => {
    const limited = await ask(nginx, '/limited', BROWSER);
    assert.equal(limited.status, 429);
    assert.match(limited.body, /from Signet/);
    assert.deepEqual(limited.text.match(/^Retry-After: .*$/gim), ['Retry-After: 37']);
    const busy = await ask(nginx, '/busy', BROWSER);
    assert.deepEqual([busy.status, /from Signet/.test(busy.body)], [503, true]);
    assert.deepEqual(busy.text.match(/^Retry-After: .*$/gim), ['Retry-After: 1']);
  });

  it('passes requests with large headers, which Signet checks', async () => {
    const hint = 'x'.repeat(16_000);
    const long = await ask(nginx, `/logout?id_token_hint=${hint}`);
    assert.equal((JSON.parse(/\{.*\}/s.exec(long.body)?.[0] ?? '{}') as { url: string }).url.length, 16_022);
    const cookies = await ask(nginx, '/', { Cookie: `a=${'x'.repeat(17_000)}` });
    assert.match(cookies.body, /"cookies":17002/);
    assert.equal((await ask(nginx, '/', { 'X-Large': 'x'.repeat(40_000) })).status, 400);
  });

  /** A request to the plain http port. */
  async function plain(path: string, host = ISSUER_HOST, address = '127.0.0.1'): Promise<string> {
    const socket = connect(nginx.redirectPort, address);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return await text(socket).catch(() => '');
  }

  it('answers ACME challenges over plain http, for every name, and redirects the rest (RFC 8555 §8.3)', async () => {
    const path = '/.well-known/acme-challenge/To_ken-1';
    for (const host of [ISSUER_HOST, MTLS_HOST, 'other.example']) {
      const answer = await plain(path, host);
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nTo_ken-1\.thumbprint$/, host);
    }
    for (const missing of [
      '/.well-known/acme-challenge/unknown',
      '/.well-known/acme-challenge/',
      '/.well-known/acme-challenge/../../outside',
      '/.well-known/acme-challenge/..%2f..%2foutside',
    ]) {
      const answer = await plain(missing);
      assert.doesNotMatch(answer, /secret|thumbprint|^HTTP\/1\.1 200/, missing);
    }
    assert.match(
      await plain('/authorize?a=b'),
      new RegExp(`^HTTP/1\\.1 301 [^]*\\r\\nLocation: ${nginx.issuer}/authorize\\?a=b\\r\\n`),
    );
    assert.equal(await plain('/', 'other.example'), '');
  });

  it('listens on IPv6 too', async () => {
    const six = { host: '::1' };
    assert.equal((await ask(nginx, '/jwks', {}, six)).status, 200);
    const mtls = { Host: `${MTLS_HOST}:${nginx.port}` };
    assert.equal((await ask(nginx, '/jwks', mtls, { ...six, servername: MTLS_HOST })).status, 200);
    assert.equal((await ask(nginx, '/jwks', {}, { ...six, servername: 'evil.example' })).text, '');
    assert.match(await plain('/', ISSUER_HOST, '::1'), /^HTTP\/1\.1 301 /);
    assert.equal(await plain('/', 'other.example', '::1'), '');
  });
});
