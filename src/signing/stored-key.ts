import type { JWK } from 'jose';
import { z } from 'zod';
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

const times = {
  number: z.int().positive(),
  kid: z.string().min(1),
  alg: z.enum(SIGNING_ALGORITHMS),
  announcedAt: z.int(),
  signsFrom: z.int(),
  retiresAt: z.int().optional(),
  goneAt: z.int().optional(),
};
const publicMembers = { kty: z.literal('RSA'), n: z.string(), e: z.string() };

const shape = z.union([
  z.strictObject({ ...times, privateJwk: z.looseObject({ ...publicMembers, d: z.string() }) }),
  z.strictObject({
    ...times,
    publicJwk: z.strictObject(publicMembers),
    hsmId: z.string().regex(/^([0-9a-f]{2})+$/),
  }),
]);

/** @throws when the text is not the record of a signing key; the error may quote the text and must not be shown */
export function parseStoredKey(text: string): StoredKey {
  return shape.parse(JSON.parse(text));
}

/** The JWK that the record has: of a local key the private one, of a key in an HSM the public one. */
export function jwkOf(key: Pick<LocalKey, 'privateJwk'> | Pick<HsmKey, 'publicJwk'>): JWK {
  return 'privateJwk' in key ? key.privateJwk : key.publicJwk;
}

/** @returns the `number` of a key that follows these */
export function nextNumber(keys: readonly KeyTimes[]): number {
  return Math.max(0, ...keys.map((key) => key.number)) + 1;
}
