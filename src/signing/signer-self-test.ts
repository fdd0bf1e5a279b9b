import { verifySignature } from './algorithms.ts';
import { KeySourceError } from './errors.ts';
import type { KeyRing } from './ring.ts';

/**
 * Signs a probe with the signing key and verifies the signature: the private half may be unavailable, or belong to another public key.
 * @throws KeySourceError with one sentence for the operator
 */
export async function selfTestSigner({ keys: [key] }: KeyRing): Promise<void> {
  if (key === undefined) throw new TypeError('the ring has no signing key');
  const probe = Buffer.from('signet signer self-test');
  let signature: Uint8Array;
  try {
    signature = await key.sign(probe);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeySourceError(`the signing key ${key.kid} does not sign: ${reason}`, { cause: error });
  }
  if (!verifySignature(key.alg, probe, key.publicKey, signature)) {
    throw new KeySourceError(
      `the signatures of the signing key ${key.kid} do not match its public key; check the key pair on the token`,
    );
  }
}
