import { DEFAULT_ALGORITHM, type SigningAlgorithm } from './algorithms.ts';
import { KeySourceError } from './errors.ts';
import type { KeyTimes, StoredKey } from './stored-key.ts';

/** Seconds that a client may cache the JWKS. A key is announced for longer than this before it signs. */
export const JWKS_MAX_AGE = 300;

/** Seconds between the announcement of a key and its first signature. Every cached JWKS has been refreshed twice by then. */
export const ANNOUNCEMENT = 2 * JWKS_MAX_AGE;

/**
 * The state of a key. It follows from the times in the record and the clock alone, so that all processes agree on it without talking to
 * each other. The header of `ring.ts` has the diagram.
 */
export type KeyState = 'announced' | 'signing' | 'retired' | 'gone';

/** @param now epoch seconds */
export function stateOf(key: KeyTimes, now: number): KeyState {
  if (key.goneAt !== undefined && key.goneAt <= now) return 'gone';
  if (key.retiresAt !== undefined && key.retiresAt <= now) return 'retired';
  // A key without an announcement period signs at any time: the local clock may be behind the clock of the process that made the key.
  const atOnce = key.signsFrom <= key.announcedAt;
  return atOnce || key.signsFrom <= now ? 'signing' : 'announced';
}

/**
 * The key that signs with an algorithm: of several keys in the state `signing`, the one with the latest `signsFrom`.
 * @param now epoch seconds
 * @returns undefined when every key of the algorithm is announced, retired or gone
 */
export function signingKeyOf(
  keys: readonly StoredKey[],
  alg: SigningAlgorithm,
  now: number,
): StoredKey | undefined {
  return keys
    .filter((key) => key.alg === alg && stateOf(key, now) === 'signing')
    .sort((a, b) => b.signsFrom - a.signsFrom || a.kid.localeCompare(b.kid))[0];
}

/**
 * The key that signs with RS256, which the server always needs.
 * @param now epoch seconds
 * @throws KeySourceError when no key may sign
 */
export function requireSigningKey(keys: readonly StoredKey[], now: number): StoredKey {
  const key = signingKeyOf(keys, DEFAULT_ALGORITHM, now);
  if (key !== undefined) return key;
  throw new KeySourceError(
    `no key of the ring may sign with ${DEFAULT_ALGORITHM} now; all are announced, retired or gone`,
  );
}
