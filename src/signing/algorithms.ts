import { generateKeyPair, type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';

/** The JWS algorithms that Signet signs with (RFC 7518 §3.1), and what each means for `node:crypto`. */
export const SIGNING_ALGORITHMS = ['RS256'] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** The algorithm of every new key. */
export const DEFAULT_ALGORITHM: SigningAlgorithm = 'RS256';

const DIGESTS: Readonly<Record<SigningAlgorithm, string>> = { RS256: 'sha256' };

/** RFC 7518 §3.3 requires at least this. */
const RSA_BITS = 2048;

export async function generatePrivateKey(): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  return privateKey;
}

/** @returns the raw signature, as it is in a JWS */
export function signData(alg: SigningAlgorithm, data: Uint8Array, privateKey: KeyObject): Uint8Array {
  return sign(DIGESTS[alg], data, privateKey);
}

export function verifySignature(
  alg: SigningAlgorithm,
  data: Uint8Array,
  publicKey: KeyObject,
  signature: Uint8Array,
): boolean {
  return verify(DIGESTS[alg], data, publicKey, signature);
}
