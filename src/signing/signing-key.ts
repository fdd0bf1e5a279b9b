import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { JWK } from 'jose';
import { SignerUnavailableError } from './errors.ts';
import type { SigningAlgorithm, StoredKey } from './stored-key.ts';

/**
 * One key that can sign. The private half may live in this process or elsewhere (a KMS or an HSM): callers only
 * ever see this interface.
 */
export interface SigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly publicKey: KeyObject;
  /**
   * @returns the raw signature over `data`
   * @throws SignerUnavailableError when the key is elsewhere and does not answer
   */
  sign(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/**
 * A key held in this process. It signs on the event loop: an RSA-2048 signature takes a third of a millisecond, less than the
 * way to a thread and back costs a saturated core, and it leaves libuv's threads to password hashes and the disk.
 */
function localSigningKey(kid: string, alg: SigningAlgorithm, privateJwk: JWK): SigningKey {
  const privateKey = createPrivateKey({ key: privateJwk, format: 'jwk' });
  return {
    kid,
    alg,
    publicKey: createPublicKey(privateKey),
    sign: (data) => sign('sha256', data, privateKey),
  };
}

/** Opens a key where no HSM is configured: one that is in an HSM is published and signs nothing. */
export function openLocally(key: StoredKey): SigningKey {
  if ('privateJwk' in key) return localSigningKey(key.kid, key.alg, key.privateJwk);
  return {
    kid: key.kid,
    alg: key.alg,
    publicKey: createPublicKey({ key: key.publicJwk, format: 'jwk' }),
    sign: () => Promise.reject(new SignerUnavailableError('the key is in an HSM and hsm.uri is not set')),
  };
}
