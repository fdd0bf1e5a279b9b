import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

/** The thread of `bcrypt.ts`: bcrypt in JavaScript takes a tenth of a second and more, which would stop the event loop. */

export interface BcryptRequest {
  number: number;
  password: string;
  hash: string;
}

export interface BcryptReply {
  number: number;
  /** Undefined for a hash that is malformed. */
  valid: boolean | undefined;
}

const port = parentPort;

port?.on('message', ({ number, password, hash }: BcryptRequest) => {
  port.postMessage({ number, valid: compare(password, hash) } satisfies BcryptReply, []);
});

function compare(password: string, hash: string): boolean | undefined {
  try {
    return compareSync(password, hash);
  } catch {
    return undefined;
  }
}
