import { verifySignature } from './algorithms.ts';
import { KeySourceError } from './errors.ts';
import type { KeyRing } from './ring.ts';
import type { SigningKey } from './signing-key.ts';

/**
 * Signs a probe with each key that signs and verifies the signature: the private half may be unavailable, or belong to another public key.
 * @throws KeySourceError with one sentence for the operator
 */
export async function selfTestSigners({ algorithms, signer }: KeyRing): Promise<void> {
  for (const alg of algorithms) {
    const key = signer(alg);
    if (key !== undefined) await selfTest(key);
  }
}

async function selfTest(key: SigningKey): Promise<void> {
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
