import {
  constants,
  generateKeyPair,
  type KeyObject,
  sign,
  type SignKeyObjectInput,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../config/signing-algorithms.ts';

/** What each JWS algorithm (`config/signing-algorithms.ts`) means for keys and for `node:crypto`. */

export { SIGNING_ALGORITHMS, type SigningAlgorithm };

/** The algorithm that always has a key. Tokens are signed with it unless their client or API has registered another. */
export const DEFAULT_ALGORITHM = 'RS256' satisfies SigningAlgorithm;

interface AlgorithmProperties {
  kty: 'RSA' | 'EC' | 'OKP';
  crv?: 'P-256' | 'Ed25519';
  /** Public members of a JWK besides `kty` (RFC 7518 §6, RFC 8037 §2). The JWKS has these and no others. */
  publicMembers: readonly ('crv' | 'x' | 'y' | 'n' | 'e')[];
  generate: () => Promise<{ privateKey: KeyObject }>;
  /** EdDSA hashes by itself. */
  digest: 'sha256' | null;
  /** Absent where the defaults of OpenSSL are those of the algorithm. */
  parameters?: Omit<SignKeyObjectInput, 'key'>;
}

/** RFC 7518 §3.3 and §3.5 require at least 2048 bits. */
const RSA = {
  kty: 'RSA',
  publicMembers: ['n', 'e'],
  generate: () => promisify(generateKeyPair)('rsa', { modulusLength: 2048 }),
  digest: 'sha256',
} as const;

export const ALGORITHMS: Readonly<Record<SigningAlgorithm, AlgorithmProperties>> = {
  RS256: RSA,
  PS256: {
    ...RSA,
    // RFC 7518 §3.5: the salt is as long as the hash. OpenSSL rejects signatures with another salt then.
    parameters: {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    },
  },
  ES256: {
    kty: 'EC',
    crv: 'P-256',
    publicMembers: ['crv', 'x', 'y'],
    generate: () => promisify(generateKeyPair)('ec', { namedCurve: 'P-256' }),
    digest: 'sha256',
    // RFC 7518 §3.4: R and S, 32 bytes each. The default of OpenSSL is ASN.1.
    parameters: { dsaEncoding: 'ieee-p1363' },
  },
  EdDSA: {
    kty: 'OKP',
    crv: 'Ed25519',
    publicMembers: ['crv', 'x'],
    generate: () => promisify(generateKeyPair)('ed25519'),
    digest: null,
  },
};

export async function generatePrivateKey(alg: SigningAlgorithm): Promise<KeyObject> {
  return (await ALGORITHMS[alg].generate()).privateKey;
}

/** @returns a function that returns the raw signature, as it is in a JWS */
export function dataSigner(alg: SigningAlgorithm, key: KeyObject): (data: Uint8Array) => Uint8Array {
  const { digest } = ALGORITHMS[alg];
  const input = withParameters(alg, key);
  return (data) => sign(digest, data, input);
}

export function verifySignature(
  alg: SigningAlgorithm,
  data: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): boolean {
  return verify(ALGORITHMS[alg].digest, data, withParameters(alg, key), signature);
}

/** The key alone where that is enough: parameters beside it cost an eighth of an RSA signature. */
function withParameters(alg: SigningAlgorithm, key: KeyObject): KeyObject | SignKeyObjectInput {
  const { parameters } = ALGORITHMS[alg];
  return parameters === undefined ? key : { ...parameters, key };
}
