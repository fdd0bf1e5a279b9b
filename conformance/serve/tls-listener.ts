import { Agent, request as httpRequest } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Certificate } from './certificate.ts';

/** TLS in front of the server, as FAPI and BCP 195 want it: TLS 1.3, and 1.2 only with ECDHE and AES-GCM. */

const TLS_1_2_CIPHERS = ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384'];
const TLS_1_3_CIPHERS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** @param port of the server, on loopback */
export function createTlsListener({ key, certificate }: Certificate, port: number): Server {
  const agent = new Agent({ keepAlive: true });
  return createServer(
    {
      key,
      cert: certificate,
      minVersion: 'TLSv1.2',
      ciphers: [...TLS_1_3_CIPHERS, ...TLS_1_2_CIPHERS].join(':'),
      // As long as the server accepts.
      maxHeaderSize: 64 * 1024,
    },
    (request, response) => forward(request, response, { agent, port }),
  );
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { agent, port }: { agent: Agent; port: number },
): void {
  const { connection: _connection, ...headers } = request.headers;
  const forwarded = httpRequest(
    {
      agent,
      host: '127.0.0.1',
      port,
      method: request.method,
      path: request.url,
      headers: { ...headers, 'x-forwarded-for': request.socket.remoteAddress, 'x-forwarded-proto': 'https' },
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, withoutConnection(answer.rawHeaders));
      answer.pipe(response);
    },
  );
  forwarded.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
  });
  request.pipe(forwarded);
}

/** Names and values in turns, as Node reports them, without those of the connection behind. */
function withoutConnection(raw: readonly string[]): string[] {
  return raw.filter(
    (_value, index) => !/^(?:connection|keep-alive|transfer-encoding)$/i.test(raw[index & ~1]!),
  );
}
