import { type Clock, nowInSeconds } from '../clock.ts';
import { type KeySource, noKey } from './key-source.ts';
import { type KeyState, stateOf } from './key-state.ts';
import type { KeyTimes, StoredKey } from './stored-key.ts';

/** A key as an operator sees it. */
export interface KeyDescription extends KeyTimes {
  /** CKA_ID of a key in an HSM. */
  hsmId?: string;
  state: KeyState;
}

/**
 * The keys of a source without key material.
 * @throws KeySourceError when a key cannot be used, or there is none
 */
export async function describeKeys({
  source,
  clock,
}: {
  source: KeySource;
  clock: Clock;
}): Promise<KeyDescription[]> {
  const now = nowInSeconds(clock);
  const stored = await source.read();
  if (stored.length === 0) throw noKey(source);
  return stored.map((key) => describe(key, now));
}

function describe(key: StoredKey, now: number): KeyDescription {
  const { number, kid, alg, announcedAt, signsFrom, retiresAt, goneAt } = key;
  const hsm = 'hsmId' in key && { hsmId: key.hsmId };
  return { number, kid, alg, announcedAt, signsFrom, retiresAt, goneAt, ...hsm, state: stateOf(key, now) };
}
