import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { z } from 'zod';

/** Public keys of a client (RFC 7517), checked when they are registered. */

const MAXIMUM_KEYS = 20;
const MINIMUM_RSA_BITS = 2048;

/** Members that only a private or symmetric key has (RFC 7518 §6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

export const publicKeySet = z
  .looseObject(
    {
      keys: z
        .array(z.looseObject({ kty: z.string() }), 'must have keys, a list of JWKs')
        .min(1, 'has no key'),
    },
    'must be a JWK Set: an object with a list of keys',
  )
  .superRefine(({ keys }, context) => {
    if (keys.length > MAXIMUM_KEYS) {
      context.addIssue({ code: 'custom', message: `has more than ${MAXIMUM_KEYS} keys` });
    }
    for (const [index, key] of keys.entries()) {
      const message = keyProblem(key);
      if (message !== undefined) context.addIssue({ code: 'custom', path: ['keys', index], message });
    }
  });

function keyProblem(key: JsonWebKey): string | undefined {
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(key, member)) || key.kty === 'oct') {
    return 'is not public; register the public key only, and treat this one as disclosed';
  }
  if (key.use !== undefined && key.use !== 'sig') return 'is not for signatures (use)';
  try {
    const bits = createPublicKey({ key, format: 'jwk' }).asymmetricKeyDetails?.modulusLength;
    return bits !== undefined && bits < MINIMUM_RSA_BITS
      ? `is an RSA key of ${bits} bits; at least ${MINIMUM_RSA_BITS} are needed`
      : undefined;
  } catch {
    return 'is not a key that can be used';
  }
}
