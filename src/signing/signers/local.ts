import { createPrivateKey, createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { dataSigner, generatePrivateKey } from '../algorithms.ts';
import { SignerUnavailableError } from '../errors.ts';
import type { NewKey, Signers } from '../key-source.ts';
import type { SigningKey } from '../signing-key.ts';
import { type LocalKey, nextNumber, type StoredKey } from '../stored-key.ts';

/** Keys whose private half is in this process. A key of an HSM is published and cannot sign here. */
export const localSigners: Signers = { make: generateLocalKey, open: openLocally };

export async function generateLocalKey(before: readonly StoredKey[], wanted: NewKey): Promise<LocalKey> {
  const privateJwk = await exportJWK(await generatePrivateKey(wanted.alg));
  const kid = await calculateJwkThumbprint(privateJwk);
  return { number: nextNumber(before, wanted.alg), kid, ...wanted, privateJwk };
}

/**
 * Signs on the event loop. An RSA-2048 signature takes a third of a millisecond. On a saturated core that is less than the switch to a
 * thread and back, and it leaves libuv's threads to password hashing and the disk.
 */
function openLocally(key: StoredKey): SigningKey {
  const { kid, alg } = key;
  if ('privateJwk' in key) {
    const privateKey = createPrivateKey({ key: key.privateJwk, format: 'jwk' });
    const publicKey = createPublicKey(privateKey);
    return { kid, alg, publicKey, sign: dataSigner(alg, privateKey) };
  }
  const publicKey = createPublicKey({ key: key.publicJwk, format: 'jwk' });
  const error = 'the key is in an HSM and hsm.uri is not set';
  return { kid, alg, publicKey, sign: () => Promise.reject(new SignerUnavailableError(error)) };
}
