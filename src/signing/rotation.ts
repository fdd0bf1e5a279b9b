import type { Config } from '../config/config.ts';
import { JWKS_MAX_AGE } from './key-ring.ts';
import { type KeySource, KeySourceError } from './key-source.ts';
import { signingKeyOf, stateOf, type StoredKey } from './stored-key.ts';

/** How one key follows another. Every step is a change of times on stored keys, so that all who read them agree on what happens when. */

export interface RotationSettings {
  /** Seconds that a key signs before the next one follows. */
  period: number;
  /** Seconds that the longest-lived token signed by a key may be used. */
  tokenLifetime: number;
}

export function rotationSettings({ keyRotation, lifetimes, apis }: Config): RotationSettings {
  const lifetimesOfApis = apis.flatMap((api) => api.accessTokenLifetime ?? []);
  return {
    period: keyRotation,
    tokenLifetime: Math.max(lifetimes.accessToken, lifetimes.idToken, ...lifetimesOfApis),
  };
}

/** Seconds between announcing a key and signing with it: every cached JWKS has been fetched anew twice by then. */
export const ANNOUNCEMENT = 2 * JWKS_MAX_AGE;

/** Seconds that a key is kept after it has gone, so that `keys list` can tell of it. */
const MEMORY = 30 * 86_400;

/**
 * Announces a successor, which signs once it is known everywhere; the keys before it retire at that moment and go when their last token has
 * expired.
 * @param options.signsFrom epoch seconds; later than the default when readers are waited for
 * @param options.onMade called when the successor is a new key
 * @returns the successor, or the one that another process announced at the same moment
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
  const successor = await source.make(before, {
    announcedAt: now,
    signsFrom: options.signsFrom ?? now + ANNOUNCEMENT,
  });
  if (!(await source.create(successor))) return await rotate(source, settings, now, options);
  options.onMade?.();
  await follow(source, before, successor, settings, now);
  return successor;
}

/** Moves the moment at which an announced key begins to sign. */
export async function promote(
  source: KeySource,
  kid: string,
  settings: RotationSettings,
  now: number,
): Promise<void> {
  const keys = await source.read();
  const known = keys.some((key) => key.kid === kid);
  const successor = known
    ? await source.change(kid, (key) =>
        stateOf(key, now) === 'announced' ? { ...key, signsFrom: now } : undefined,
      )
    : undefined;
  if (successor === undefined) throw new KeySourceError(`the key ${kid} is not announced`);
  await follow(
    source,
    keys.filter((other) => other.kid !== kid),
    successor,
    settings,
    now,
  );
}

/**
 * Withdraws a key at once: tokens it signed are refused as soon as caches of the JWKS have run out. When it is the one that signs,
 * another takes over at the same moment; when it was to follow, the one that signs goes on.
 * @throws KeySourceError when there is no such key
 */
export async function withdraw(source: KeySource, kid: string, now: number): Promise<void> {
  const keys = await source.read();
  const key = keys.find((candidate) => candidate.kid === kid);
  if (key === undefined) throw new KeySourceError(`there is no key ${kid} in ${source.name}`);
  const others = keys.filter((other) => other !== key);
  if (stateOf(key, now) === 'announced') {
    for (const other of others) {
      if (other.retiresAt !== key.signsFrom) continue;
      await source.change(other.kid, ({ retiresAt, goneAt: _gone, ...current }) =>
        retiresAt === key.signsFrom ? current : undefined,
      );
    }
  } else if (signingKeyOf(others, now) === undefined) {
    const next = others.find((other) => stateOf(other, now) === 'announced');
    if (next !== undefined) await source.change(next.kid, (current) => ({ ...current, signsFrom: now }));
    else if (!(await source.create(await source.make(keys, { announcedAt: now, signsFrom: now })))) {
      return await withdraw(source, kid, now);
    }
  }
  const goneAt = now - CLOCK_DOUBT;
  await source.change(kid, (current) => ({
    ...current,
    retiresAt: Math.min(current.retiresAt ?? goneAt, goneAt),
    goneAt,
  }));
}

/** What is due by the calendar: a successor, or forgetting a key that went long ago. */
export async function maintain(source: KeySource, settings: RotationSettings, now: number): Promise<void> {
  const keys = await source.read();
  const signing = signingKeyOf(keys, now);
  const due = signing !== undefined && now >= signing.signsFrom + settings.period - ANNOUNCEMENT;
  if (due && source.byHand !== true) {
    await rotate(source, settings, now);
  }
  for (const key of keys)
    if (key.goneAt !== undefined && key.goneAt + MEMORY <= now) await source.remove(key.kid);
}

/** Seconds by which a withdrawal is dated back: no clock that is behind, or is set back, brings the key to life again. */
const CLOCK_DOUBT = 2 * 3600;

async function follow(
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
    // One that was withdrawn meanwhile stays so.
    await source.change(key.kid, (current) =>
      stateOf(current, now) === 'signing' ? { ...current, retiresAt, goneAt } : undefined,
    );
  }
}
