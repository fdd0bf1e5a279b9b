import type { SigningAlgorithm } from '../../src/signing/algorithms.ts';
import { generateLocalKey } from '../../src/signing/signers/local.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import type { NewKey } from '../../src/signing/key-source.ts';
import { type LocalKey, nextNumber, type StoredKey } from '../../src/signing/stored-key.ts';

const RSA: ReadonlySet<SigningAlgorithm> = new Set(['RS256', 'PS256']);

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

/** By what they are generated as: RS256 and PS256 have the same keys. */
const rings = new Map<string, Promise<LocalKey>[]>();

/**
 * Makes keys like `localSigners`, but at most `RING_SIZE` RSA keys in this process, and as many of each other type, for tests with many
 * keys. The next call gets the next key, again the first after the last; never one that is in use.
 */
export async function recycledKey(before: readonly StoredKey[], wanted: NewKey): Promise<LocalKey> {
  const type = RSA.has(wanted.alg) ? 'RSA' : wanted.alg;
  const ring = rings.get(type) ?? [];
  rings.set(type, ring);
  for (let count = 0; count < RING_SIZE; count += 1) {
    const next = (ring.length < RING_SIZE ? undefined : ring.shift()) ?? generateLocalKey([], wanted);
    ring.push(next);
    const key = await next;
    if (before.every(({ kid }) => kid !== key.kid))
      return { ...key, ...wanted, number: nextNumber(before, wanted.alg) };
  }
  throw new RangeError(`${RING_SIZE} keys of ${type} are in use`);
}
