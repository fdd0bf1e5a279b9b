import type { SigningAlgorithm } from '../../src/signing/algorithms.ts';
import { generateLocalKey } from '../../src/signing/signers/local.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import type { NewKey, Signers } from '../../src/signing/key-source.ts';
import { type LocalKey, nextNumber, type StoredKey } from '../../src/signing/stored-key.ts';

const keys = new Map<SigningAlgorithm, Promise<LocalKey>>();

/**
 * Writes a signing key for each algorithm into a directory: the same keys for every server of this process, because generating an RSA key
 * takes longer than the rest of a server's start.
 */
export async function placeSigningKeys(
  directory: string,
  algorithms: readonly SigningAlgorithm[] = ['RS256'],
): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const starts = { announcedAt: now, signsFrom: now };
  for (const alg of new Set(algorithms)) {
    const key = keys.get(alg) ?? generateLocalKey([], { alg, ...starts });
    keys.set(alg, key);
    await keyFiles(directory).create({ ...(await key), ...starts });
  }
}

/** More than a test has at one time, those of concurrent callers included. */
const RING_SIZE = 8;

/**
 * Makes keys like `localSigners`, but of each algorithm at most `RING_SIZE` in a process, for tests with many rotations. The next call gets
 * the next key, again the first after the last; never one that is in use.
 */
export function createKeyRecycler(): Signers['make'] {
  const rings = new Map<SigningAlgorithm, Promise<LocalKey>[]>();
  return async (before: readonly StoredKey[], wanted: NewKey) => {
    const ring = rings.get(wanted.alg) ?? [];
    rings.set(wanted.alg, ring);
    for (let count = 0; count < RING_SIZE; count += 1) {
      const next = (ring.length < RING_SIZE ? undefined : ring.shift()) ?? generateLocalKey([], wanted);
      ring.push(next);
      const key = await next;
      if (before.every(({ kid }) => kid !== key.kid))
        return { ...key, ...wanted, number: nextNumber(before, wanted.alg) };
    }
    throw new RangeError(`${RING_SIZE} keys of ${wanted.alg} are in use`);
  };
}
