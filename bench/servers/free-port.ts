import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that nobody listens on. It is in the issuer, so it must be known before the server starts. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port to listen on');
  server.close();
  await once(server, 'close');
  return address.port;
}
