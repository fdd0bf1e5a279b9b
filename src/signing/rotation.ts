import type { Config } from '../config/config.ts';
import { KeySourceError } from './errors.ts';
import type { KeySource } from './key-source.ts';
import { signingKeyOf, stateOf } from './key-state.ts';
import { JWKS_MAX_AGE } from './ring.ts';
import type { StoredKey } from './stored-key.ts';

/**
 * The rotation of keys. Each step changes times in the records and nothing else, so that all processes agree on when it takes effect.
 * `now` is in epoch seconds everywhere.
 */

/** Seconds between the announcement of a key and its first signature. Every cached JWKS has been refreshed twice by then. */
export const ANNOUNCEMENT = 2 * JWKS_MAX_AGE;

/** Seconds that the record of a key is kept after `goneAt`, so that `keys list` shows it. */
const GONE_RETENTION = 30 * 86_400;

/** Seconds by which a withdrawal is dated back: a clock that is behind, or is set back, does not reactivate the key. */
const MAX_CLOCK_SKEW = 2 * 3600;

export interface RotationSettings {
  /** Seconds that a key signs before the scheduled rotation replaces it. */
  period: number;
  /** Longest lifetime of a signed token, in seconds. */
  tokenLifetime: number;
}

export function rotationSettings({ keyRotation, lifetimes, apis }: Config): RotationSettings {
  const lifetimesOfApis = apis.flatMap((api) => api.accessTokenLifetime ?? []);
  return {
    period: keyRotation,
    tokenLifetime: Math.max(lifetimes.accessToken, lifetimes.idToken, ...lifetimesOfApis),
  };
}

/**
 * Announces a successor. When it begins to sign, the keys before it retire; they are gone once their last token has expired.
 * @param options.signsFrom epoch seconds; default: after the announcement period
 * @param options.onMade called when the successor is a new key
 * @returns the successor, or the key that is announced already, also by another process at the same moment
 */
export async function rotate(
  source: KeySource,
  settings: RotationSettings,
  now: number,
  options: { signsFrom?: number; onMade?: () => void } = {},
): Promise<StoredKey> {
  const before = await source.read();
  const announced = before.find((key) => stateOf(key, now) === 'announced');
  if (announced !== undefined) return announced;
  const signsFrom = options.signsFrom ?? now + ANNOUNCEMENT;
  const successor = await source.make(before, { announcedAt: now, signsFrom });
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
  const others = keys.filter((other) => other.kid !== kid);
  await retire(source, others, successor, settings, now);
}

/**
 * Withdraws a key at once: its tokens are rejected as soon as cached copies of the JWKS have expired. If it is the signing key, another
 * key takes over at the same moment. If it is announced, the signing key continues.
 * @throws KeySourceError when there is no such key
 */
export async function withdraw(source: KeySource, kid: string, now: number): Promise<void> {
  const keys = await source.read();
  const key = keys.find((candidate) => candidate.kid === kid);
  if (key === undefined) throw new KeySourceError(`there is no key ${kid} in ${source.name}`);
  const others = keys.filter((other) => other !== key);
  if (stateOf(key, now) === 'announced') {
    await cancelRetirement(source, others, key.signsFrom);
  } else if (signingKeyOf(others, now) === undefined) {
    const next = others.find((other) => stateOf(other, now) === 'announced');
    if (next !== undefined) await source.change(next.kid, (current) => ({ ...current, signsFrom: now }));
    else if (!(await source.create(await source.make(keys, { announcedAt: now, signsFrom: now })))) {
      return await withdraw(source, kid, now);
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
 * The scheduled work: announces a successor when the signing key is due, and deletes records after their retention.
 * @param onAnnounce called with the `kid` of a new key
 */
export async function maintain(
  source: KeySource,
  settings: RotationSettings,
  now: number,
  onAnnounce: (kid: string) => void,
): Promise<void> {
  const keys = await source.read();
  const signing = signingKeyOf(keys, now);
  const isDue = signing !== undefined && now >= signing.signsFrom + settings.period - ANNOUNCEMENT;
  if (isDue && source.manual !== true) {
    let isNew = false;
    const { kid } = await rotate(source, settings, now, { onMade: () => (isNew = true) });
    if (isNew) onAnnounce(kid);
  }
  for (const { kid, goneAt } of keys) {
    if (goneAt !== undefined && goneAt + GONE_RETENTION <= now) await source.remove(kid);
  }
}

/** Has the keys before a successor retire when it begins to sign. */
async function retire(
  source: KeySource,
  before: readonly StoredKey[],
  successor: StoredKey,
  { tokenLifetime }: RotationSettings,
  now: number,
): Promise<void> {
  const retiresAt = successor.signsFrom;
  const goneAt = retiresAt + tokenLifetime + JWKS_MAX_AGE;
  for (const key of before) {
    if (stateOf(key, now) !== 'signing') continue;
    // Compared again in the change: a key that was withdrawn meanwhile stays withdrawn.
    await source.change(key.kid, (current) =>
      stateOf(current, now) === 'signing' ? { ...current, retiresAt, goneAt } : undefined,
    );
  }
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
