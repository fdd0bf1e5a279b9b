import { once } from 'node:events';
import { createServer } from 'node:net';

/** The system may give a port again as soon as it is closed, and the caller listens there only later. */
const found = new Set<number>();

/** Finds a free TCP port of 127.0.0.1, for an issuer, which must be known before its server starts. Never the same twice in a process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await anyPort();
    if (found.has(port)) continue;
    found.add(port);
    return port;
  }
}

async function anyPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}
