import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

/** The thread of `bcrypt.ts`: bcrypt in JavaScript takes a tenth of a second and more, which would stop the event loop. */

export interface BcryptRequest {
  password: string;
  hash: string;
}

export interface BcryptReply {
  valid: boolean;
}

const port = parentPort;
port?.on('message', ({ number, password, hash }: BcryptRequest & { number: number }) => {
  port.postMessage({ number, valid: isValid(password, hash) } satisfies BcryptReply & { number: number }, []);
});

/** False also for a hash that is malformed. */
function isValid(password: string, hash: string): boolean {
  try {
    return compareSync(password, hash);
  } catch {
    return false;
  }
}
