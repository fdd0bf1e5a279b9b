import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_ALGORITHM, type SigningAlgorithm } from './algorithms.ts';
import type { KeySource } from './key-source.ts';
import { ANNOUNCEMENT, stateOf } from './key-state.ts';
import { hasDefaultKey, type StoredKey } from './stored-key.ts';

/** Wait for another process that is writing the same key. */
const RETRY_MS = 50;

/**
 * Makes the first key of each algorithm that has none. The one for RS256 is the last: a start that was killed before it was made continues
 * with a new ring, and no server has published the others.
 * @param now epoch seconds
 * @param onCreate called with each key that this process made
 * @returns the keys of the source
 * @throws KeySourceError, or SignerUnavailableError when an HSM is to make the key and is unavailable
 */
export async function makeFirstKeys(
  source: KeySource,
  algorithms: readonly SigningAlgorithm[],
  now: number,
  onCreate: (key: StoredKey) => void,
): Promise<readonly StoredKey[]> {
  for (;;) {
    const stored = await source.read();
    const alg = algorithms.findLast((each) => needsFirstKey(stored, each, now));
    if (alg === undefined) return stored;
    const key = await makeFirstKey(source, stored, alg, now);
    if (key === undefined) await sleep(RETRY_MS);
    else onCreate(key);
  }
}

/**
 * Makes the first key of an algorithm. In a new ring it signs at once: no verifier has a JWKS of it. In a ring that is in use it is announced like
 * a successor: a client may register for the algorithm at any time, and may have a JWKS from before.
 * @returns undefined when another process has its number: read again
 */
export async function makeFirstKey(
  source: KeySource,
  stored: readonly StoredKey[],
  alg: SigningAlgorithm,
  now: number,
): Promise<StoredKey | undefined> {
  const signsFrom = hasDefaultKey(stored) ? now + ANNOUNCEMENT : now;
  const key = await source.make(stored, { alg, announcedAt: now, signsFrom });
  return (await source.create(key)) ? key : undefined;
}

/** Of RS256, a key that has retired counts: its successor was lost, and no process covers that up. */
export function needsFirstKey(stored: readonly StoredKey[], alg: SigningAlgorithm, now: number): boolean {
  if (alg === DEFAULT_ALGORITHM) return !hasDefaultKey(stored);
  return !stored.some((key) => key.alg === alg && ['announced', 'signing'].includes(stateOf(key, now)));
}
