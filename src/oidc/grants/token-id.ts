import { randomFillSync } from 'node:crypto';

/** As in the engine's token ids: 32 bytes, 43 characters. */
const ID_BYTES = 32;

/** Ids that are generated at once: the overhead of a call for random bytes is many times that of the bytes. */
const POOL_SIZE = 128;

const pool = Buffer.alloc(ID_BYTES * POOL_SIZE);
let used = pool.length;

/** A new random id of a token (`jti`), base64url. Ids are public: they are in the tokens. */
export function newTokenId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += ID_BYTES;
  return pool.toString('base64url', start, used);
}
