import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { ClientSecret } from '../store/store.ts';

/**
 * Client secrets. They are long and random, so that one round of a salted hash is enough; the secret itself is never stored.
 */

const SALT_BYTES = 16;
const SECRET_BYTES = 32;
const DIGEST_BYTES = 32;

/** The newest, the one it replaces, and the one of the configuration file. */
const MOST_SECRETS = 3;

/** Never the digest of anything; fills up the work for clients with fewer secrets. */
const DECOY: ClientSecret = {
  digest: `sha256$${base64url(Buffer.alloc(SALT_BYTES))}$${base64url(Buffer.alloc(DIGEST_BYTES))}`,
  createdAt: 0,
};

/** Characters of a secret given by hand in production, and the most that any may have. */
const MINIMUM_LENGTH = 32;
const MAXIMUM_LENGTH = 512;

/** What keeps a secret given by hand from being used, a sentence each. */
export function secretProblems(secret: string, mode: Config['mode']): string[] {
  if (!/^[\x20-\x7E]+$/.test(secret)) return ['client_secret: must be visible ASCII characters'];
  if (secret.length > MAXIMUM_LENGTH) return [`client_secret: is longer than ${MAXIMUM_LENGTH} characters`];
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
 * Whether a candidate is one of the unexpired secrets. Compares in constant time and does the same work whichever is right, and
 * for clients without a secret.
 * @param now epoch seconds
 */
export function verifySecret(secrets: readonly ClientSecret[], candidate: string, now: number): boolean {
  let valid = false;
  for (let index = 0; index < Math.max(secrets.length, MOST_SECRETS); index += 1) {
    const secret = secrets[index] ?? DECOY;
    const right = matches(secret, candidate);
    valid = (right && secret !== DECOY && !hasExpired(secret, now)) || valid;
  }
  return valid;
}

/** Whether a candidate is this secret, expired or not. */
export function matches(secret: ClientSecret, candidate: string): boolean {
  const [algorithm, salt = '', digest = ''] = secret.digest.split('$');
  const expected = Buffer.from(digest, 'base64url');
  if (algorithm !== 'sha256' || expected.length !== DIGEST_BYTES) return false;
  return timingSafeEqual(hash(Buffer.from(salt, 'base64url'), candidate), expected);
}

/** @param now epoch seconds */
export function hasExpired(secret: ClientSecret, now: number): boolean {
  return secret.expiresAt !== undefined && secret.expiresAt <= now;
}

function hash(salt: Buffer, secret: string): Buffer {
  return createHash('sha256').update(salt).update(secret).digest();
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}
