import type { Config } from '../config/config.ts';
import { DEFAULT_ALGORITHM, SIGNING_ALGORITHMS, type SigningAlgorithm } from './algorithms.ts';
import { KeySourceError } from './errors.ts';
import { makeFirstKey, needsFirstKey } from './first-keys.ts';
import type { KeySource } from './key-source.ts';
import { ANNOUNCEMENT, JWKS_MAX_AGE, signingKeyOf, stateOf } from './key-state.ts';
import { hasDefaultKey, type StoredKey } from './stored-key.ts';

/**
 * The rotation of keys. Each step changes times in the records and nothing else, so that all processes agree on when it takes effect.
 * `now` is in epoch seconds everywhere. The keys of one algorithm never change those of another.
 */

/** Seconds that the record of a key is kept after `goneAt`, so that `keys list` shows it. */
const GONE_RETENTION = 30 * 86_400;

/** Seconds by which a withdrawal is dated back: a clock that is behind, or is set back, does not reactivate the key. */
const MAX_CLOCK_SKEW = 2 * 3600;

export interface RotationSettings {
  /** The configured ones. */
  algorithms: readonly SigningAlgorithm[];
  /** Seconds that a key signs before the scheduled rotation replaces it. */
  period: number;
  /** Longest lifetime of a signed token, in seconds. */
  tokenLifetime: number;
}

export function rotationSettings({
  keyRotation,
  signingAlgorithms,
  lifetimes,
  apis,
}: Config): RotationSettings {
  const lifetimesOfApis = apis.flatMap((api) => api.accessTokenLifetime ?? []);
  return {
    algorithms: signingAlgorithms,
    period: keyRotation,
    tokenLifetime: Math.max(lifetimes.accessToken, lifetimes.idToken, ...lifetimesOfApis),
  };
}

/**
 * Announces a successor. When it begins to sign, the keys of its algorithm retire; they are gone once their last token has expired.
 * @param options.alg default: RS256
 * @param options.signsFrom epoch seconds; default: after the announcement period
 * @param options.onMade called when the successor is a new key
 * @returns the successor, or the key that is announced already, also by another process at the same moment
 */
export async function rotate(
  source: KeySource,
  settings: RotationSettings,
  now: number,
  options: { alg?: SigningAlgorithm; signsFrom?: number; onMade?: () => void } = {},
): Promise<StoredKey> {
  const { alg = DEFAULT_ALGORITHM } = options;
  const before = await source.read();
  const announced = before.find((key) => key.alg === alg && stateOf(key, now) === 'announced');
  if (announced !== undefined) return announced;
  const signsFrom = options.signsFrom ?? now + ANNOUNCEMENT;
  const successor = await source.make(before, { alg, announcedAt: now, signsFrom });
  if (!(await source.create(successor))) return await rotate(source, settings, now, options);
  options.onMade?.();
  await retire(source, before, successor, settings, now);
  return successor;
}

/**
 * Has an announced key sign now.
 * @throws KeySourceError when the key is not announced
 */
export async function promote(
  source: KeySource,
  kid: string,
  settings: RotationSettings,
  now: number,
): Promise<void> {
  const keys = await source.read();
  const exists = keys.some((key) => key.kid === kid);
  const successor = exists
    ? await source.change(kid, (key) =>
        stateOf(key, now) === 'announced' ? { ...key, signsFrom: now } : undefined,
      )
    : undefined;
  if (successor === undefined) throw new KeySourceError(`the key ${kid} is not announced`);
  await retire(source, keys, successor, settings, now);
}

/**
 * Withdraws a key at once: its tokens are rejected as soon as cached copies of the JWKS have expired. If it is the signing key of a
 * configured algorithm, another key of it takes over at the same moment. If it is announced, the signing key continues.
 * @throws KeySourceError when there is no such key
 */
export async function withdraw(
  source: KeySource,
  kid: string,
  { algorithms }: Pick<RotationSettings, 'algorithms'>,
  now: number,
): Promise<void> {
  const keys = await source.read();
  const key = keys.find((candidate) => candidate.kid === kid);
  if (key === undefined) throw new KeySourceError(`there is no key ${kid} in ${source.name}`);
  const others = keys.filter((other) => other !== key && other.alg === key.alg);
  if (stateOf(key, now) === 'announced') {
    await cancelRetirement(source, others, key.signsFrom);
  } else if (algorithms.includes(key.alg) && signingKeyOf(others, key.alg, now) === undefined) {
    const next = others.find((other) => stateOf(other, now) === 'announced');
    if (next !== undefined) await source.change(next.kid, (current) => ({ ...current, signsFrom: now }));
    else if (
      !(await source.create(await source.make(keys, { alg: key.alg, announcedAt: now, signsFrom: now })))
    ) {
      return await withdraw(source, kid, { algorithms }, now);
    }
  }
  const goneAt = now - MAX_CLOCK_SKEW;
  await source.change(kid, (current) => ({
    ...current,
    retiresAt: Math.min(current.retiresAt ?? goneAt, goneAt),
    goneAt,
  }));
}

/**
 * The scheduled work for each algorithm: makes a missing first key, and announces a successor when the signing key is due. The last key of
 * an algorithm that is no longer configured retires instead. Deletes records after their retention.
 * @param onAnnounce called with each new key
 * @throws the first error, after the work for all algorithms
 */
export async function maintain(
  source: KeySource,
  settings: RotationSettings,
  now: number,
  onAnnounce: (key: StoredKey) => void,
): Promise<void> {
  const keys = await source.read();
  const errors: unknown[] = [];
  for (const alg of SIGNING_ALGORITHMS) {
    try {
      const made = await maintainAlgorithm(source, keys, alg, settings, now);
      if (made !== undefined) onAnnounce(made);
    } catch (error) {
      errors.push(error);
    }
  }
  for (const { kid, goneAt } of keys) {
    if (goneAt !== undefined && goneAt + GONE_RETENTION <= now) await source.remove(kid);
  }
  if (errors.length > 0) throw errors[0];
}

/** @returns a key that was made */
async function maintainAlgorithm(
  source: KeySource,
  keys: readonly StoredKey[],
  alg: SigningAlgorithm,
  settings: RotationSettings,
  now: number,
): Promise<StoredKey | undefined> {
  const signing = signingKeyOf(keys, alg, now);
  if (!settings.algorithms.includes(alg)) {
    if (signing === undefined || now < signing.signsFrom + settings.period) return undefined;
    await source.change(signing.kid, (current) => retiring(current, now, settings, now));
    return undefined;
  }
  if (source.manual === true) return undefined;
  const isDue = signing !== undefined && now >= signing.signsFrom + settings.period - ANNOUNCEMENT;
  if (isDue) {
    let isNew = false;
    const successor = await rotate(source, settings, now, { alg, onMade: () => (isNew = true) });
    return isNew ? successor : undefined;
  }
  // A missing key for RS256 is an error for the operator.
  const isMissing = hasDefaultKey(keys) && needsFirstKey(keys, alg, now);
  return isMissing ? await makeFirstKey(source, keys, alg, now) : undefined;
}

/** Has the other keys of the algorithm retire when a successor begins to sign. */
async function retire(
  source: KeySource,
  keys: readonly StoredKey[],
  successor: StoredKey,
  settings: RotationSettings,
  now: number,
): Promise<void> {
  for (const key of keys) {
    if (key.alg !== successor.alg || key.kid === successor.kid || stateOf(key, now) !== 'signing') continue;
    await source.change(key.kid, (current) => retiring(current, successor.signsFrom, settings, now));
  }
}

/** @returns undefined for a key that does not sign: one that was withdrawn meanwhile stays withdrawn */
function retiring(
  key: StoredKey,
  retiresAt: number,
  { tokenLifetime }: RotationSettings,
  now: number,
): StoredKey | undefined {
  if (stateOf(key, now) !== 'signing') return undefined;
  return { ...key, retiresAt, goneAt: retiresAt + tokenLifetime + JWKS_MAX_AGE };
}

/** Reverts `retire` for a successor that was to sign from `retiresAt` on. */
async function cancelRetirement(
  source: KeySource,
  keys: readonly StoredKey[],
  retiresAt: number,
): Promise<void> {
  for (const key of keys) {
    if (key.retiresAt !== retiresAt) continue;
    await source.change(key.kid, ({ retiresAt: planned, goneAt: _gone, ...current }) =>
      planned === retiresAt ? current : undefined,
    );
  }
}
