import { once } from 'node:events';
import { createServer } from 'node:net';

/** Finds a free TCP port of 127.0.0.1, for an issuer, which must be known before its server starts. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}
