import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to connections and to listeners without a port: another process does not get one by chance. */
const [FIRST, LAST] = [20_000, 32_767];

/**
 * Finds a free TCP port of 127.0.0.1, for an issuer, which must be known before its server starts. Until the process
 * ends no other call finds it, in whichever process of this machine.
 */
export async function freePort(first = FIRST, last = LAST): Promise<number> {
  for (;;) {
    const port = randomInt(first, last + 1);
    if ((await reserve(port)) && (await isFree(port))) return port;
  }
}

/** The UDP port of the same number is the reservation: the system gives it to one process, and takes it back at its end. */
async function reserve(port: number): Promise<boolean> {
  const socket = createSocket('udp4').unref();
  try {
    await once(socket.bind({ port, address: '127.0.0.1', exclusive: true }), 'listening');
    return true;
  } catch {
    return false;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
