import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  makeCertificate,
  MTLS_HOST,
  needNginx,
  type Nginx,
  planNginx,
  startNginx,
} from '../support/nginx.ts';
import { ask, askInARow, dial } from './visitor.ts';

/** Requests that reach a node behind nginx: the nodes here echo them. */
describe('nginx', function () {
  this.timeout(60_000);
  let nginx: Nginx;
  let certificate: { certificate: string; key: string };
  const nodes: Server[] = [];

  before(async function () {
    await needNginx(this);
    const plan = await planNginx();
    certificate = await makeCertificate(plan.directory, 'client', ['client.example.com']);
    for (const node of ['first', 'second']) {
      const server = createServer(({ headers, url }, response) =>
        response.end(JSON.stringify({ node, headers, url })),
      ).listen(0, '127.0.0.1');
      await once(server, 'listening');
      nodes.push(server);
    }
    const ports = nodes.map((node) => (node.address() as AddressInfo).port);
    nginx = await startNginx(plan, ports);
  });
  after(async () => {
    await nginx?.stop();
    for (const node of nodes) node.close().closeAllConnections();
  });

  const told = (body: string) =>
    JSON.parse(/\{.*\}/s.exec(body)?.[0] ?? '{}') as {
      node: string;
      headers: IncomingHttpHeaders;
      url: string;
    };

  it('sets the forwarded headers and drops those of the client', async () => {
    const { body } = await ask(nginx, '/jwks', {
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Port': '81',
      'X-Forwarded-Prefix': '/auth',
      'X-Real-IP': '203.0.113.9',
      Forwarded: 'for=203.0.113.9',
    });
    const { headers } = told(body);
    const forwarded = Object.entries(headers).filter(([name]) => /forwarded|real-ip/.test(name));
    assert.deepEqual(Object.fromEntries(forwarded), {
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
    });
    assert.equal(headers.host, new URL(nginx.issuer).host);
  });

  it('passes the verified client certificate and no other', async () => {
    const forged = {
      'X-SSL-Client-Cert': 'forged',
      X_SSL_Client_Cert: 'forged',
      'Client-Cert': ':forged:',
      'Client-Cert-Chain': ':forged:',
    };
    const certificatesOf = (body: string) =>
      Object.entries(told(body).headers).filter(([name]) => /client.cert/.test(name));
    assert.deepEqual(certificatesOf((await ask(nginx, '/token', forged)).body), []);
    const mtls = { servername: MTLS_HOST };
    const host = { Host: `${MTLS_HOST}:${nginx.port}` };
    assert.deepEqual(certificatesOf((await ask(nginx, '/token', { ...host, ...forged }, mtls)).body), []);
    const proved = { ...mtls, cert: certificate.certificate, key: certificate.key };
    const { body } = await ask(nginx, '/token', { ...host, ...forged }, proved);
    assert.deepEqual(
      certificatesOf(body).map(([name, value]) => [name, decodeURIComponent(String(value)).trim()]),
      [['x-ssl-client-cert', certificate.certificate.trim()]],
    );
    assert.equal(told(body).headers.host, new URL(nginx.issuer).host);
  });

  it('closes the connection for another host', async () => {
    assert.equal((await ask(nginx, '/jwks', {}, { servername: 'evil.example' })).text, '');
    assert.equal((await ask(nginx, '/jwks', { Host: 'evil.example' })).text, '');
    const absolute = await ask(nginx, 'https://evil.example/jwks');
    assert.equal(absolute.text, '');
  });

  it('supports HTTP/2, and no outdated TLS', async () => {
    const modern = dial(nginx, { ALPNProtocols: ['h2'] });
    await once(modern, 'secureConnect');
    assert.equal(modern.alpnProtocol, 'h2');
    assert.equal(modern.getProtocol(), 'TLSv1.3');
    modern.destroy();
    for (const options of [
      { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' },
    ] as const) {
      assert.equal((await ask(nginx, '/jwks', {}, { ...options })).text, '');
    }
  });

  it('distributes requests over the nodes', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(nginx, '/jwks')));
    assert.deepEqual([...new Set(answers.map(({ body }) => told(body).node))].sort(), ['first', 'second']);
  });

  it('counts all spellings of a path as one', async () => {
    const spellings = ['/token', '//token', '/%74oken', '/./token', '/x/../token', '/token?a', '/t%6Fken'];
    // Of each spelling fewer than the burst allows, and of all together more.
    const requests = Array.from({ length: 480 }, (_, index) => ({
      target: spellings[index % spellings.length] ?? '',
      headers: { 'X-Forwarded-For': `203.0.113.${index % 8}` },
    }));
    assert.deepEqual(new Set(await askInARow(nginx, requests)), new Set([200, 429]));
    for (const target of spellings) {
      const some = Array.from({ length: 60 }, () => ({ target }));
      const statuses = new Set(await askInARow(nginx, some));
      assert.ok(statuses.has(429), target);
      // A fast machine sends all of them before the limit lets one through.
      while (!statuses.has(200)) for (const status of await askInARow(nginx, some)) statuses.add(status);
      assert.deepEqual(statuses, new Set([200, 429]), target);
    }
    assert.match(
      (await Promise.all(Array.from({ length: 60 }, () => ask(nginx, '/token'))))
        .map(({ text }) => text)
        .join(),
      /Retry-After: 1/,
    );
  });
});
