import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import * as v from 'valibot';

/** JWS algorithms that Signet signs with (RFC 7518 §3.1). */
export type SigningAlgorithm = 'RS256';

/** A signing key as it is kept, and what its times say about it. */
export type StoredKey = LocalKey | HsmKey;

/** Times are epoch seconds. */
export interface KeyTimes {
  /** Counts the keys of a ring from 1; two keys never have the same. */
  number: number;
  /** RFC 7638 thumbprint. */
  kid: string;
  alg: SigningAlgorithm;
  /** Published from here on. */
  announcedAt: number;
  signsFrom: number;
  /** Signs no more, but what it signed is still verified. */
  retiresAt?: number | undefined;
  /** Published no more. */
  goneAt?: number | undefined;
}

export interface LocalKey extends KeyTimes {
  privateJwk: JWK;
}

/** A key whose private half is in an HSM and never leaves it. */
export interface HsmKey extends KeyTimes {
  publicJwk: JWK;
  /** PKCS#11's CKA_ID of the pair, in hexadecimal digits. */
  hsmId: string;
}

export type KeyState = 'announced' | 'signing' | 'retired' | 'gone';

const time = v.pipe(v.number(), v.safeInteger());
const times = {
  number: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  kid: v.pipe(v.string(), v.minLength(1)),
  alg: v.literal('RS256'),
  announcedAt: time,
  signsFrom: time,
  retiresAt: v.optional(time),
  goneAt: v.optional(time),
};
const publicMembers = { kty: v.literal('RSA'), n: v.string(), e: v.string() };

const shape = v.union([
  v.strictObject({ ...times, privateJwk: v.looseObject({ ...publicMembers, d: v.string() }) }),
  v.strictObject({
    ...times,
    publicJwk: v.strictObject(publicMembers),
    hsmId: v.pipe(v.string(), v.regex(/^([0-9a-f]{2})+$/)),
  }),
]);

/** @throws when the text is not a stored signing key; the error may quote it and must not be shown */
export function parseStoredKey(text: string): StoredKey {
  return v.parse(shape, JSON.parse(text));
}

/** A new 2048-bit RSA key that follows those before it. */
export async function generateStoredKey(
  before: readonly StoredKey[],
  starts: { announcedAt: number; signsFrom: number },
): Promise<LocalKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const privateJwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(privateJwk);
  return { number: nextNumber(before), kid, alg: 'RS256', ...starts, privateJwk };
}

export function nextNumber(before: readonly KeyTimes[]): number {
  return Math.max(0, ...before.map((key) => key.number)) + 1;
}

export function stateOf(key: KeyTimes, now: number): KeyState {
  if (key.goneAt !== undefined && key.goneAt <= now) return 'gone';
  if (key.retiresAt !== undefined && key.retiresAt <= now) return 'retired';
  // A key that nobody was to wait for signs whatever the clock says: it may have been set back, or be behind that of the key's maker.
  const atOnce = key.signsFrom <= key.announcedAt;
  return atOnce || key.signsFrom <= now ? 'signing' : 'announced';
}

/**
 * The key that signs: of those that may, the one whose turn came last.
 * @returns undefined when every key is announced, retired or gone
 */
export function signingKeyOf(keys: readonly StoredKey[], now: number): StoredKey | undefined {
  return keys
    .filter((key) => stateOf(key, now) === 'signing')
    .sort((a, b) => b.signsFrom - a.signsFrom || a.kid.localeCompare(b.kid))[0];
}
