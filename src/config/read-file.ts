import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** No configuration, secret, key or logo comes near it. */
const MAXIMUM_BYTES = 4 * 1024 * 1024;

/** Pipes that a shell makes, `SIGNET_MASTER_KEY_FILE=<(pass show signet)`, have their writer already. */
const OF_A_SHELL = /^\/(?:dev|proc)\//;

/**
 * Reads a file that the configuration or the environment names, and comes to an end with whatever that is: a pipe waits for its writer for
 * ever, and `/dev/zero` has no end.
 * @throws an error whose `code` says why it cannot be read
 */
export function readNamedFile(path: string): Buffer {
  const kind = statSync(path);
  if (kind.isSocket() || (kind.isFIFO() && !OF_A_SHELL.test(path))) throw unreadable('not a file');
  const file = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const chunk = Buffer.alloc(65_536);
      const length = readSync(file, chunk);
      if (length === 0) return Buffer.concat(chunks);
      size += length;
      if (size > MAXIMUM_BYTES) throw unreadable('too large');
      chunks.push(chunk.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

function unreadable(code: string): Error {
  return Object.assign(new Error(code), { code });
}
