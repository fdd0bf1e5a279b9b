import type { JWK } from 'jose';
import * as v from 'valibot';
import { DEFAULT_ALGORITHM, SIGNING_ALGORITHMS, type SigningAlgorithm } from './algorithms.ts';
import { privateJwkShape, publicJwkShape } from './key-jwk.ts';

/** The record of a signing key, as a source keeps it: the content of a key file, and of a sealed record in the store. */
export type StoredKey = LocalKey | HsmKey;

/** The part of the record that everyone may read. Times are epoch seconds; `key-state.ts` derives the state from them. */
export interface KeyTimes {
  /** Counts the keys of an algorithm from 1. Unique among the keys with the same `alg`. */
  number: number;
  /** RFC 7638 thumbprint. */
  kid: string;
  alg: SigningAlgorithm;
  /** Start of publication in the JWKS. */
  announcedAt: number;
  signsFrom: number;
  /** End of signing. The key stays published, so that its tokens can still be verified. */
  retiresAt?: number | undefined;
  /** End of publication. */
  goneAt?: number | undefined;
}

export interface LocalKey extends KeyTimes {
  privateJwk: JWK;
}

/** A key whose private half is in an HSM and never leaves it. */
export interface HsmKey extends KeyTimes {
  publicJwk: JWK;
  /** CKA_ID of the key pair (PKCS#11), in hexadecimal. */
  hsmId: string;
}

const time = v.pipe(v.number(), v.safeInteger());
const times = {
  number: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  kid: v.pipe(v.string(), v.minLength(1)),
  announcedAt: time,
  signsFrom: time,
  retiresAt: v.optional(time),
  goneAt: v.optional(time),
};
const hsmId = v.pipe(v.string(), v.regex(/^([0-9a-f]{2})+$/));

/** Of each algorithm: a local key, and a key in an HSM. */
const shape = v.union(
  SIGNING_ALGORITHMS.flatMap((alg) => {
    const common = { ...times, alg: v.literal(alg) };
    return [
      v.strictObject({ ...common, privateJwk: privateJwkShape(alg) }),
      v.strictObject({ ...common, publicJwk: publicJwkShape(alg), hsmId }),
    ];
  }),
);

/** @throws when the text is not the record of a signing key; the error may quote the text and must not be shown */
export function parseStoredKey(text: string): StoredKey {
  return v.parse(shape, JSON.parse(text));
}

/** The JWK that the record has: of a local key the private one, of a key in an HSM the public one. */
export function jwkOf(key: Pick<LocalKey, 'privateJwk'> | Pick<HsmKey, 'publicJwk'>): JWK {
  return 'privateJwk' in key ? key.privateJwk : key.publicJwk;
}

/** Without such a key, the ring is new: the first start makes it after the first keys of other algorithms. */
export function hasDefaultKey(keys: readonly KeyTimes[]): boolean {
  return keys.some(({ alg }) => alg === DEFAULT_ALGORITHM);
}

/** The order of keys: by algorithm, RS256 first, then by number. */
export function byAlgorithm(a: KeyTimes, b: KeyTimes): number {
  return SIGNING_ALGORITHMS.indexOf(a.alg) - SIGNING_ALGORITHMS.indexOf(b.alg) || a.number - b.number;
}

/** @returns the `number` of a key that follows those with the same algorithm */
export function nextNumber(keys: readonly KeyTimes[], alg: SigningAlgorithm): number {
  return Math.max(0, ...keys.filter((key) => key.alg === alg).map((key) => key.number)) + 1;
}
