import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** Far above the size of any configuration, secret, key or logo. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Pipes of a shell (process substitution), `SIGNET_MASTER_KEY_FILE=<(pass show signet)`, have a writer. */
const SHELL_PIPE = /^\/(?:dev|proc)\//;

/**
 * Reads a file that the configuration or the environment names. Always ends: a read from a pipe without a writer would block for ever, and
 * `/dev/zero` has no end.
 * @throws Error whose `code` is the reason
 */
export function readNamedFile(path: string): Buffer {
  const kind = statSync(path);
  if (kind.isSocket() || (kind.isFIFO() && !SHELL_PIPE.test(path))) throw unreadable('not a file');
  const file = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const chunk = Buffer.alloc(65_536);
      const length = readSync(file, chunk);
      if (length === 0) return Buffer.concat(chunks);
      size += length;
      if (size > MAX_BYTES) throw unreadable('too large');
      chunks.push(chunk.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

function unreadable(code: string): Error {
  return Object.assign(new Error(code), { code });
}
