import { randomFillSync } from 'node:crypto';

/**
 * Random bytes that are generated for many calls at once: the overhead of a call for random bytes is many times that of the bytes. For bytes
 * that become public, such as IVs and token ids: the pool has those of the next calls in memory.
 * @param size bytes of each call
 * @param calls how many share one generation
 * @returns a function that returns a view of the pool, to be used before the next call
 */
export function randomPool(size: number, calls: number): () => Buffer {
  const pool = Buffer.alloc(size * calls);
  let used = pool.length;
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += size;
    return pool.subarray(used - size, used);
  };
}
