import { createPrivateKey, createPublicKey, KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import * as v from 'valibot';
import { ALGORITHMS, type SigningAlgorithm } from './algorithms.ts';

/** The JWK of a key (RFC 7517), by its algorithm. */

/** 32 bytes: a coordinate of P-256 (RFC 7518 §6.2.1.2), a key of Ed25519 (RFC 8037 §2). */
const octets32 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));

const MEMBERS = { n: v.string(), e: v.string(), x: octets32, y: octets32 };

function publicMembers(alg: SigningAlgorithm): v.ObjectEntries {
  const { kty, crv, publicMembers: names } = ALGORITHMS[alg];
  const members = names.map((name) => [name, name === 'crv' ? v.literal(String(crv)) : MEMBERS[name]]);
  return { kty: v.literal(kty), ...Object.fromEntries(members) };
}

/** Shape of the public JWK: the public members and no others. */
export function publicJwkShape(alg: SigningAlgorithm): v.GenericSchema<unknown, JWK> {
  return v.strictObject(publicMembers(alg));
}

/** Shape of the private JWK. RSA has further private members (RFC 7518 §6.3.2). */
export function privateJwkShape(alg: SigningAlgorithm): v.GenericSchema<unknown, JWK> {
  const d = ALGORITHMS[alg].kty === 'RSA' ? v.string() : octets32;
  return v.looseObject({ ...publicMembers(alg), d });
}

/** Members are listed one by one, so that no private member can ever get into the JWKS. */
export function publicJwk(alg: SigningAlgorithm, key: KeyObject | JWK): JWK {
  const { kty, publicMembers: names } = ALGORITHMS[alg];
  const jwk: Record<string, unknown> = key instanceof KeyObject ? key.export({ format: 'jwk' }) : key;
  return { kty, ...Object.fromEntries(names.map((name) => [name, jwk[name]])) };
}

/** A key of the JWKS. */
export function publishedJwk(kid: string, alg: SigningAlgorithm, key: KeyObject): JWK {
  const { kty, ...members } = publicJwk(alg, key);
  return { kty, use: 'sig', alg, kid, ...members } as JWK;
}

/** The order of the JWKS. It carries no meaning, and the ETag changes only when the keys do. */
export function byKid(a: JWK, b: JWK): number {
  return String(a.kid).localeCompare(String(b.kid));
}

/**
 * @returns the RFC 7638 thumbprint of the public key that the private key has, which may differ from the public members beside it
 * @throws when it is no key; the error may quote it and must not be shown
 */
export async function thumbprintOf(alg: SigningAlgorithm, jwk: JWK): Promise<string> {
  const input = { key: jwk, format: 'jwk' } as const;
  const key = 'd' in jwk ? createPublicKey(createPrivateKey(input)) : createPublicKey(input);
  return await calculateJwkThumbprint(publicJwk(alg, key));
}
