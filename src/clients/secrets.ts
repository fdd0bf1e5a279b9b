import { hash as digestOf, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { ClientSecret } from '../store/store.ts';

/**
 * Client secrets. They are long and random, so that one round of a salted hash is enough; the secret itself is never stored.
 */

const SALT_BYTES = 16;
const SECRET_BYTES = 32;
const DIGEST_BYTES = 32;

/** Characters of a secret given by hand in production, and the most that any may have. */
const MINIMUM_LENGTH = 32;
export const MAXIMUM_SECRET_LENGTH = 512;

/** What keeps a secret given by hand from being used, a sentence each. */
export function secretProblems(secret: string, mode: Config['mode']): string[] {
  if (!/^[\x20-\x7E]+$/.test(secret)) return ['client_secret: must be visible ASCII characters'];
  if (secret.length > MAXIMUM_SECRET_LENGTH)
    return [`client_secret: is longer than ${MAXIMUM_SECRET_LENGTH} characters`];
  return mode === 'production' && secret.length < MINIMUM_LENGTH
    ? [`client_secret: must have at least ${MINIMUM_LENGTH} characters in production`]
    : [];
}

/** 256 random bits, base64url. */
export function generateSecret(): string {
  return base64url(randomBytes(SECRET_BYTES));
}

/** @returns `sha256$<salt>$<digest>`, both base64url */
export function digestSecret(secret: string): string {
  const salt = randomBytes(SALT_BYTES);
  return `sha256$${base64url(salt)}$${base64url(hash(salt, secret))}`;
}

/**
 * Whether a candidate is one of the unexpired secrets. Each comparison takes the same time whatever the candidate.
 * @param now epoch seconds
 */
export function verifySecret(secrets: readonly ClientSecret[], candidate: string, now: number): boolean {
  // Hashing it would tell by the time it takes that there is such a client.
  if (candidate.length > MAXIMUM_SECRET_LENGTH) return false;
  let valid = false;
  for (const secret of secrets) valid = (matches(secret, candidate) && !hasExpired(secret, now)) || valid;
  return valid;
}

/** Whether a candidate is this secret, expired or not. */
export function matches(secret: ClientSecret, candidate: string): boolean {
  const { salt, digest } = parsed(secret);
  return digest.length === DIGEST_BYTES && timingSafeEqual(hash(salt, candidate), digest);
}

interface ParsedDigest {
  salt: Buffer;
  /** Empty when it is not one of ours. */
  digest: Buffer;
}

const cache = new WeakMap<ClientSecret, ParsedDigest>();

function parsed(secret: ClientSecret): ParsedDigest {
  let result = cache.get(secret);
  if (result === undefined) {
    const [algorithm, salt = '', digest = ''] = secret.digest.split('$');
    result = {
      salt: Buffer.from(salt, 'base64url'),
      digest: algorithm === 'sha256' ? Buffer.from(digest, 'base64url') : Buffer.alloc(0),
    };
    cache.set(secret, result);
  }
  return result;
}

/** @param now epoch seconds */
export function hasExpired(secret: ClientSecret, now: number): boolean {
  return secret.expiresAt !== undefined && secret.expiresAt <= now;
}

function hash(salt: Buffer, secret: string): Buffer {
  return digestOf('sha256', Buffer.concat([salt, Buffer.from(secret)]), 'buffer');
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}
