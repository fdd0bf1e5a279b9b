import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { text } from 'node:stream/consumers';
import { makeCertificate } from '../../conformance/serve/certificate.ts';
import { createTlsListener } from '../../conformance/serve/tls-listener.ts';

describe('TLS of the server under test', () => {
  const certificate = makeCertificate('op.test', Date.now());
  const behind = createServer((incoming, outgoing) => {
    const { host, 'x-forwarded-for': address } = incoming.headers;
    outgoing.writeHead(303, { location: '/next', 'set-cookie': ['a=1', 'b=2'] });
    outgoing.end(`${incoming.method} ${incoming.url} ${host} ${String(address)}`);
  });
  let listener: ReturnType<typeof createTlsListener>;
  let port: number;
  before(async () => {
    await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve));
    listener = createTlsListener(certificate, (behind.address() as AddressInfo).port);
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    ({ port } = listener.address() as AddressInfo);
  });
  after(() => {
    for (const server of [listener, behind]) {
      server.close();
      server.closeAllConnections();
    }
  });

  it('has a certificate of its own for the host', () => {
    const parsed = new X509Certificate(certificate.certificate);
    assert.equal(parsed.checkHost('op.test'), 'op.test');
    assert.equal(parsed.checkHost('other.test'), undefined);
    assert.ok(parsed.verify(parsed.publicKey));
  });

  it('passes requests and responses on as they are', async () => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path: '/a?b=c',
      method: 'POST',
      headers: { host: 'op.test' },
      servername: 'op.test',
      ca: certificate.certificate,
    }).end('form');
    const [response] = (await new Promise((resolve, reject) => {
      sent.on('response', (...answer) => resolve(answer)).on('error', reject);
    })) as [IncomingMessage];
    assert.equal(response.statusCode, 303);
    assert.deepEqual(response.headers['set-cookie'], ['a=1', 'b=2']);
    assert.equal(await text(response), 'POST /a?b=c op.test 127.0.0.1');
  });

  const versions: [what: string, options: object, expected: string][] = [
    ['TLS 1.3', {}, 'TLSv1.3'],
    ['TLS 1.2 with ECDHE and AES-GCM', { maxVersion: 'TLSv1.2' }, 'TLSv1.2'],
    ['TLS 1.2 with CBC', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA256' }, 'refused'],
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }, 'refused'],
  ];
  for (const [what, options, expected] of versions) {
    it(`${what}: ${expected}`, async () => {
      const spoken = await new Promise((resolve) => {
        const socket = connect({
          host: '127.0.0.1',
          port,
          ca: certificate.certificate,
          servername: 'op.test',
          ...options,
        });
        socket.on('secureConnect', () => {
          resolve(socket.getProtocol());
          socket.destroy();
        });
        socket.on('error', () => resolve('refused'));
      });
      assert.equal(spoken, expected);
    });
  }
});
