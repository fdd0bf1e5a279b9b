import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { makeCertificate } from '../../support/nginx.ts';

/** A reverse proxy that terminates TLS for a Signet on this machine, as nginx does in production. */

export interface TlsProxy {
  /** `https://localhost:8443` */
  url: string;
  /** PEM. */
  certificate: string;
  stop(): void;
}

/**
 * Starts it with a certificate of its own, which this process trusts from then on.
 * @param directory for the files of the certificate
 * @param port of Signet
 */
export async function startTlsProxy(directory: string, port: number): Promise<TlsProxy> {
  const { certificate, key } = await makeCertificate(directory, 'tls', ['localhost']);
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), certificate]);
  const server = createServer({ cert: certificate, key }, (incoming, outgoing) => {
    const { method = 'GET', url: path = '/', socket } = incoming;
    const headers = {
      ...incoming.headers,
      'x-forwarded-for': socket.remoteAddress,
      'x-forwarded-proto': 'https',
    };
    const forwarded = request({ host: 'localhost', port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.once('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  }).listen(0, 'localhost');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    certificate,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
