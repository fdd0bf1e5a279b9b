import { hash as digestOf, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { ClientSecret } from '../store/store.ts';

/** Client secrets. They are long and random, so one round of a salted hash is sufficient. Only the digest is stored. */

const SALT_BYTES = 16;
const SECRET_BYTES = 32;
const DIGEST_BYTES = 32;

/** Characters, of a secret that an administrator chooses in production. */
const MIN_LENGTH = 32;
/** Characters, of any secret. */
export const MAX_SECRET_LENGTH = 512;

/** Why a secret chosen by an administrator is unacceptable, one sentence per problem. */
export function secretProblems(secret: string, mode: Config['mode']): string[] {
  if (!/^[\x20-\x7E]+$/.test(secret)) return ['client_secret: must be visible ASCII characters'];
  if (secret.length > MAX_SECRET_LENGTH)
    return [`client_secret: is longer than ${MAX_SECRET_LENGTH} characters`];
  return mode === 'production' && secret.length < MIN_LENGTH
    ? [`client_secret: must have at least ${MIN_LENGTH} characters in production`]
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
 * Whether a candidate is one of the unexpired secrets, in constant time.
 * @param now epoch seconds
 */
export function verifySecret(secrets: readonly ClientSecret[], candidate: string, now: number): boolean {
  // The time to hash a long candidate would reveal that the client exists.
  if (candidate.length > MAX_SECRET_LENGTH) return false;
  let valid = false;
  for (const secret of secrets) valid = (matches(secret, candidate) && !hasExpired(secret, now)) || valid;
  return valid;
}

/** Whether a candidate is this secret, ignoring its expiry. */
export function matches(secret: ClientSecret, candidate: string): boolean {
  const { salt, digest } = parseDigest(secret);
  return digest.length === DIGEST_BYTES && timingSafeEqual(hash(salt, candidate), digest);
}

interface ParsedDigest {
  salt: Buffer;
  /** Empty for an unknown algorithm. */
  digest: Buffer;
}

/** Parsed digests, for as long as the record of the secret is in memory. */
const cache = new WeakMap<ClientSecret, ParsedDigest>();

function parseDigest(secret: ClientSecret): ParsedDigest {
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
