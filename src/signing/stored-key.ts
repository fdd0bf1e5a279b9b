import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import { z } from 'zod';
import type { SigningAlgorithm } from './signing-key.ts';

/** A signing key as it is kept, and what its times say about it. Times are epoch seconds. */
export interface StoredKey {
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
  privateJwk: JWK;
}

export type KeyState = 'announced' | 'signing' | 'retired' | 'gone';

const shape = z.strictObject({
  number: z.int().positive(),
  kid: z.string().min(1),
  alg: z.literal('RS256'),
  announcedAt: z.int(),
  signsFrom: z.int(),
  retiresAt: z.int().optional(),
  goneAt: z.int().optional(),
  privateJwk: z.looseObject({ kty: z.literal('RSA'), n: z.string(), e: z.string(), d: z.string() }),
});

/** @throws when the text is not a stored private key; the error may quote it and must not be shown */
export function parseStoredKey(text: string): StoredKey {
  return shape.parse(JSON.parse(text));
}

/** A new 2048-bit RSA key that follows those before it. */
export async function generateStoredKey(
  before: readonly StoredKey[],
  times: { announcedAt: number; signsFrom: number },
): Promise<StoredKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const privateJwk = await exportJWK(privateKey);
  const number = Math.max(0, ...before.map((key) => key.number)) + 1;
  return { number, kid: await calculateJwkThumbprint(privateJwk), alg: 'RS256', ...times, privateJwk };
}

export function stateOf(key: Omit<StoredKey, 'privateJwk'>, now: number): KeyState {
  if (key.goneAt !== undefined && key.goneAt <= now) return 'gone';
  if (key.retiresAt !== undefined && key.retiresAt <= now) return 'retired';
  return key.signsFrom <= now ? 'signing' : 'announced';
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
