import type { JWK } from 'jose';
import * as v from 'valibot';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './algorithms.ts';

/** The record of a signing key, as a source keeps it: the content of a key file, and of a sealed record in the store. */
export type StoredKey = LocalKey | HsmKey;

/** The part of the record that everyone may read. Times are epoch seconds; `key-state.ts` derives the state from them. */
export interface KeyTimes {
  /** Counts the keys of a ring from 1. Unique within the ring. */
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
  alg: v.picklist(SIGNING_ALGORITHMS),
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

/** @throws when the text is not the record of a signing key; the error may quote the text and must not be shown */
export function parseStoredKey(text: string): StoredKey {
  return v.parse(shape, JSON.parse(text));
}

/** The JWK that the record has: of a local key the private one, of a key in an HSM the public one. */
export function jwkOf(key: Pick<LocalKey, 'privateJwk'> | Pick<HsmKey, 'publicJwk'>): JWK {
  return 'privateJwk' in key ? key.privateJwk : key.publicJwk;
}

/** @returns the `number` of a key that follows these */
export function nextNumber(keys: readonly KeyTimes[]): number {
  return Math.max(0, ...keys.map((key) => key.number)) + 1;
}
