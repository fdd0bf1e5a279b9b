import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import * as v from 'valibot';
import { KEY_MANAGEMENT, type KeyManagement } from '../../config/encryption-algorithms.ts';
import type { Sealer } from '../sealing/sealer.ts';

/** A key that others encrypt to: its record, and how it is made and opened. */

/** A key serves one of them (RFC 7518 §4.3, §4.6). */
export const DECRYPTION_ALGORITHMS = KEY_MANAGEMENT;
export type DecryptionAlgorithm = KeyManagement;

/** Times are epoch seconds. Without `retiresAt` it is the published key of its algorithm. */
export interface DecryptionKeyTimes {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly alg: DecryptionAlgorithm;
  readonly createdAt: number;
  /** End of publication. The key still decrypts, for those who have a copy of the JWKS. */
  readonly retiresAt?: number | undefined;
  /** The record is deleted. */
  readonly goneAt?: number | undefined;
}

/** As it is stored. */
export interface DecryptionKeyRecord extends DecryptionKeyTimes {
  readonly publicJwk: JWK;
  /** The private JWK. */
  readonly sealed: string;
}

const time = v.pipe(v.number(), v.safeInteger());
const record = v.strictObject({
  kid: v.pipe(v.string(), v.minLength(1)),
  alg: v.picklist(DECRYPTION_ALGORITHMS),
  createdAt: time,
  retiresAt: v.optional(time),
  goneAt: v.optional(time),
  publicJwk: v.variant('kty', [
    v.strictObject({ kty: v.literal('RSA'), n: v.string(), e: v.string() }),
    v.strictObject({ kty: v.literal('EC'), crv: v.literal('P-256'), x: v.string(), y: v.string() }),
  ]),
  sealed: v.string(),
});

/** @throws when it is something else */
export const parseRecords: (value: unknown) => DecryptionKeyRecord[] = v.parser(v.array(record));

const GENERATE = {
  'RSA-OAEP-256': () => promisify(generateKeyPair)('rsa', { modulusLength: 2048 }),
  'ECDH-ES': () => promisify(generateKeyPair)('ec', { namedCurve: 'P-256' }),
} as const satisfies Record<DecryptionAlgorithm, () => Promise<{ privateKey: KeyObject }>>;

/** @param now epoch seconds */
export async function makeDecryptionKey(
  alg: DecryptionAlgorithm,
  now: number,
  sealer: Pick<Sealer, 'seal'>,
): Promise<DecryptionKeyRecord> {
  const { privateKey, publicKey } = await GENERATE[alg]();
  const publicJwk = publicKey.export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(publicJwk);
  return { kid, alg, createdAt: now, publicJwk, sealed: sealPrivate(sealer, kid, privateKey) };
}

/** The text is sealed again with the current sealing key, where another one has sealed it. */
export function resealed(key: DecryptionKeyRecord, sealer: Sealer): DecryptionKeyRecord {
  if (!sealer.isOutdated(key.sealed)) return key;
  return { ...key, sealed: sealPrivate(sealer, key.kid, openDecryptionKey(key, sealer)) };
}

function sealPrivate(sealer: Pick<Sealer, 'seal'>, kid: string, key: KeyObject): string {
  return sealer.seal('decryption key', kid, Buffer.from(JSON.stringify(key.export({ format: 'jwk' }))));
}

/** @throws SealingError */
export function openDecryptionKey(
  { kid, sealed }: DecryptionKeyRecord,
  sealer: Pick<Sealer, 'open'>,
): KeyObject {
  const jwk = JSON.parse(sealer.open('decryption key', kid, sealed).toString()) as JWK;
  return createPrivateKey({ key: jwk, format: 'jwk' });
}

/** A key of the JWKS. */
export function publishedDecryptionKey({ kid, alg, publicJwk }: DecryptionKeyRecord): JWK {
  const { kty, ...members } = publicJwk;
  return { kty, use: 'enc', alg, kid, ...members } as JWK;
}
