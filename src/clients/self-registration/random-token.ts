import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Registration access tokens and initial access tokens: 256 random bits, of which only a digest is stored. */

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** @returns SHA-256, base64url */
export function tokenDigest(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** @param digest of a token; undefined has none, and takes the same time */
export function matchesDigest(token: string, digest: string | undefined): boolean {
  const given = Buffer.from(tokenDigest(token));
  const expected = Buffer.from(digest ?? tokenDigest(''));
  return given.length === expected.length && timingSafeEqual(given, expected) && digest !== undefined;
}
