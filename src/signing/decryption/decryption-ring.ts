import type { ArtifactStore, Payload } from '../../store/store.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { JWKS_MAX_AGE } from '../key-state.ts';
import type { Sealer } from '../sealing/sealer.ts';
import {
  DECRYPTION_ALGORITHMS,
  type DecryptionAlgorithm,
  type DecryptionKeyRecord,
  makeDecryptionKey,
  parseRecords,
  resealed,
} from './decryption-key.ts';

/**
 * Keys that clients encrypt request objects to. They have a life of their own beside the signing keys: of each algorithm one key is in the
 * JWKS, and those before it decrypt until every cache of the JWKS has the new one.
 *
 *                  rotate                     OVERLAP
 *    published ───────────────▶ retired ───────────────▶ deleted
 *
 * All keys are one record of the store, each sealed (`../sealing/`), which every process of every node reads. Unlike a signing key, a new one
 * needs no announcement: who encrypts reads the JWKS first, and a process that meets an unknown `kid` reads the record again.
 */

const RECORD = ['DecryptionKeys', 'request objects'] as const;

/**
 * Seconds that a key decrypts after it has left the JWKS: until every cache has another one, and every object that was encrypted to it
 * has been sent.
 */
export const OVERLAP = JWKS_MAX_AGE + 86_400;

/** Seconds that the record outlives its next rotation, when no server runs. */
const RETENTION = 30 * 86_400;

export interface DecryptionKeyOptions {
  artifacts: Pick<ArtifactStore, 'find' | 'update'>;
  sealer: Sealer;
  clock: Clock;
  /** Seconds that a key is published. */
  period: number;
}

/** @throws SealingError or StoreUnavailableError */
export async function readDecryptionKeys({
  artifacts,
}: Pick<DecryptionKeyOptions, 'artifacts'>): Promise<DecryptionKeyRecord[]> {
  return recordsOf(await artifacts.find(...RECORD));
}

/**
 * The scheduled work: makes a key for each algorithm that has none or whose key is due, deletes keys whose time is over, and seals again
 * after a rotation of the sealing key.
 * @param stored as they were read
 * @returns the keys afterwards, and those that this process has made
 */
export async function maintainDecryptionKeys(
  options: DecryptionKeyOptions,
  stored: readonly DecryptionKeyRecord[],
): Promise<{ keys: readonly DecryptionKeyRecord[]; made: readonly DecryptionKeyRecord[] }> {
  const now = nowInSeconds(options.clock);
  const due = DECRYPTION_ALGORITHMS.filter((alg) => isDue(stored, alg, now, options.period));
  const isUnchanged = stored.every((key) => !isGone(key, now) && !options.sealer.isOutdated(key.sealed));
  if (due.length === 0 && isUnchanged) return { keys: stored, made: [] };
  return await replace(options, due, (keys, alg) => isDue(keys, alg, now, options.period));
}

/** Replaces the key of an algorithm now. */
export async function rotateDecryptionKey(
  options: DecryptionKeyOptions,
  alg: DecryptionAlgorithm,
): Promise<DecryptionKeyRecord | undefined> {
  const { made } = await replace(options, [alg], () => true);
  return made[0];
}

/**
 * Withdraws a key at once: it decrypts nothing any more.
 * @returns whether there was such a key
 */
export async function withdrawDecryptionKey(options: DecryptionKeyOptions, kid: string): Promise<boolean> {
  const key = (await readDecryptionKeys(options)).find((each) => each.kid === kid);
  if (key === undefined) return false;
  if (key.retiresAt === undefined) await rotateDecryptionKey(options, key.alg);
  await change(options, (keys) => keys.filter((each) => each.kid !== kid));
  return true;
}

/** @param needs asked again with the keys as they are when the new one is written: another process may have been first */
async function replace(
  options: DecryptionKeyOptions,
  algorithms: readonly DecryptionAlgorithm[],
  needs: (keys: readonly DecryptionKeyRecord[], alg: DecryptionAlgorithm) => boolean,
): Promise<{ keys: readonly DecryptionKeyRecord[]; made: readonly DecryptionKeyRecord[] }> {
  const now = nowInSeconds(options.clock);
  const candidates: DecryptionKeyRecord[] = [];
  for (const alg of algorithms) candidates.push(await makeDecryptionKey(alg, now, options.sealer));
  let made: DecryptionKeyRecord[] = [];
  const keys = await change(options, (current) => {
    const kept = current.filter((key) => !isGone(key, now)).map((key) => resealed(key, options.sealer));
    made = candidates.filter(({ alg }) => needs(kept, alg));
    const successors = new Set(made.map(({ alg }) => alg));
    return [...kept.map((key) => (successors.has(key.alg) ? retired(key, now) : key)), ...made];
  });
  return { keys, made };
}

function retired(key: DecryptionKeyRecord, now: number): DecryptionKeyRecord {
  return key.retiresAt === undefined ? { ...key, retiresAt: now, goneAt: now + OVERLAP } : key;
}

async function change(
  { artifacts, clock, period }: DecryptionKeyOptions,
  update: (keys: DecryptionKeyRecord[]) => DecryptionKeyRecord[],
): Promise<readonly DecryptionKeyRecord[]> {
  let keys: DecryptionKeyRecord[] = [];
  await artifacts.update(...RECORD, (current) => {
    keys = update(recordsOf(current));
    return { payload: { keys }, expiresAt: nowInSeconds(clock) + period + RETENTION };
  });
  return keys;
}

function recordsOf(payload: Payload | undefined): DecryptionKeyRecord[] {
  return payload === undefined ? [] : parseRecords(payload.keys);
}

function isDue(
  keys: readonly DecryptionKeyRecord[],
  alg: DecryptionAlgorithm,
  now: number,
  period: number,
): boolean {
  const published = keys.find((key) => key.alg === alg && key.retiresAt === undefined);
  return published === undefined || published.createdAt + period <= now;
}

function isGone({ goneAt }: DecryptionKeyRecord, now: number): boolean {
  return goneAt !== undefined && goneAt <= now;
}
