import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_ALGORITHM, type SigningAlgorithm } from './algorithms.ts';
import type { KeySource } from './key-source.ts';
import { ANNOUNCEMENT, stateOf } from './key-state.ts';
import { hasDefaultKey, type StoredKey } from './stored-key.ts';

/** Wait for another process that is writing the same key. */
const RETRY_MS = 50;

/**
 * Makes the first key of each algorithm that has none. In a new ring it signs at once: nobody has a JWKS of it. In a ring that is in use it
 * is announced like a successor: a client may register for the algorithm at any time, and may have a JWKS from before.
 *
 * The key for RS256 is the last. A start that was killed before it was made continues with a new ring, and no server has published the
 * others.
 * @param now epoch seconds
 * @param onCreate called with each key that this process made
 * @returns the keys of the source
 * @throws KeySourceError, or SignerUnavailableError when an HSM is to make the key and is unavailable
 */
export async function makeFirstKeys(
  source: KeySource,
  algorithms: readonly SigningAlgorithm[],
  now: number,
  onCreate: (key: StoredKey) => void = () => {},
): Promise<readonly StoredKey[]> {
  for (;;) {
    const stored = await source.read();
    const alg = algorithms.findLast((each) => !hasKey(stored, each, now));
    if (alg === undefined) return stored;
    const signsFrom = hasDefaultKey(stored) ? now + ANNOUNCEMENT : now;
    const key = await source.make(stored, { alg, announcedAt: now, signsFrom });
    if (await source.create(key)) onCreate(key);
    else await sleep(RETRY_MS);
  }
}

/** Of RS256, a key that has retired counts: its successor was withdrawn by an operator or lost, and no start covers that up. */
function hasKey(stored: readonly StoredKey[], alg: SigningAlgorithm, now: number): boolean {
  if (alg === DEFAULT_ALGORITHM) return hasDefaultKey(stored);
  return stored.some((key) => key.alg === alg && ['announced', 'signing'].includes(stateOf(key, now)));
}
