import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { JWK } from 'jose';
import { byKid, publicJwk, publishedJwk } from './key-jwk.ts';
import { type KeyState, stateOf } from './key-state.ts';
import { byAlgorithm, jwkOf, type KeyTimes, type StoredKey } from './stored-key.ts';

/** Public keys as files, for software that reads no JWKS. */

export interface PublicKeyFile extends Pick<KeyTimes, 'kid' | 'alg' | 'signsFrom' | 'retiresAt' | 'goneAt'> {
  state: Exclude<KeyState, 'gone'>;
  /** SubjectPublicKeyInfo in PEM (RFC 7468 §13). */
  pem: string;
}

/**
 * The keys of the JWKS: announced, signing and retired ones, RS256 first. No private key, and no HSM, is used beyond this function.
 * @param now epoch seconds
 */
export function publicKeyFiles(stored: readonly StoredKey[], now: number): PublicKeyFile[] {
  return stored.toSorted(byAlgorithm).flatMap((key) => {
    const state = stateOf(key, now);
    if (state === 'gone') return [];
    const { kid, alg, signsFrom, retiresAt, goneAt } = key;
    return [{ kid, alg, state, signsFrom, retiresAt, goneAt, pem: pemOf(key) }];
  });
}

/** The keys as a JWK Set, like `/jwks` has them (RFC 7517 §5). */
export function publicJwks(files: readonly PublicKeyFile[]): { keys: JWK[] } {
  const keys = files.map(({ kid, alg, pem }) => publishedJwk(kid, alg, createPublicKey(pem)));
  return { keys: keys.sort(byKid) };
}

/** The public half is computed from the private key itself, not from the public members beside it. */
function pemOf(key: StoredKey): string {
  const jwk = jwkOf(key);
  const half = createPublicKey(
    'd' in jwk ? createPrivateKey({ key: jwk, format: 'jwk' }) : { key: jwk, format: 'jwk' },
  );
  const members = publicJwk(key.alg, half);
  return createPublicKey({ key: members, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
}
