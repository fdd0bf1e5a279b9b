import type { JWK } from 'jose';
import type { SigningAlgorithm } from '../../algorithms.ts';
import { type AttributeName, CKG, CKK, CKM, type Mechanism, PARAMETERS, type Template } from './cryptoki.ts';
import { TokenProblem } from './find-token.ts';

/** How a token makes keys and signatures of each algorithm, and shows their public half (PKCS#11 v2.40 §2.1, §2.3; v3.0 §2.3 for EdDSA). */
export interface TokenAlgorithm {
  keyType: number;
  /** For messages. */
  keyName: string;
  generate: Mechanism;
  /** Of the public key to generate. */
  template: Template;
  sign: Mechanism;
  /** For a mechanism that signs a hash. */
  digest?: 'sha256';
  publicAttributes: readonly AttributeName[];
  /** Also the private key has the public attributes. */
  isInPrivateKey: boolean;
  /** @throws TokenProblem when the key is of another kind */
  toJwk: (attributes: readonly Buffer[]) => JWK;
}

/** Bytes of a signature by the largest key that is accepted, RSA with 4096 bits. */
export const MAX_SIGNATURE_BYTES = 512;

const RSA = {
  keyType: CKK.RSA,
  keyName: 'RSA',
  generate: { mechanism: CKM.RSA_PKCS_KEY_PAIR_GEN },
  template: { MODULUS_BITS: 2048, PUBLIC_EXPONENT: Buffer.from([1, 0, 1]) },
  publicAttributes: ['MODULUS', 'PUBLIC_EXPONENT'],
  isInPrivateKey: true,
  toJwk: rsaJwk,
} as const;

/** DER of the object identifier of P-256 (RFC 5480 §2.1.1.1). */
const P256 = Buffer.from('06082a8648ce3d030107', 'hex');

/** DER of the object identifier of Ed25519 (RFC 8410 §3), and of its name (PKCS#11 v3.0 §2.3.5). */
const ED25519 = Buffer.from('06032b6570', 'hex');
const ED25519_NAME = Buffer.concat([Buffer.from([0x13, 0x0c]), Buffer.from('edwards25519')]);

export const TOKEN_ALGORITHMS: Readonly<Record<SigningAlgorithm, TokenAlgorithm>> = {
  RS256: { ...RSA, sign: { mechanism: CKM.SHA256_RSA_PKCS } },
  PS256: {
    ...RSA,
    sign: {
      mechanism: CKM.SHA256_RSA_PKCS_PSS,
      // RFC 7518 §3.5: the salt is as long as the hash.
      parameter: { type: PARAMETERS.RSA_PSS, hashAlg: CKM.SHA256, mgf: CKG.MGF1_SHA256, saltLen: 32 },
    },
  },
  ES256: {
    keyType: CKK.EC,
    keyName: 'EC',
    generate: { mechanism: CKM.EC_KEY_PAIR_GEN },
    template: { EC_PARAMS: P256 },
    // CKM_ECDSA_SHA256 is missing from many tokens, SoftHSM2 among them. The signature is R and S, as in a JWS.
    sign: { mechanism: CKM.ECDSA },
    digest: 'sha256',
    publicAttributes: ['EC_PARAMS', 'EC_POINT'],
    isInPrivateKey: false,
    toJwk: ecJwk,
  },
  EdDSA: {
    keyType: CKK.EC_EDWARDS,
    keyName: 'Ed25519',
    generate: { mechanism: CKM.EC_EDWARDS_KEY_PAIR_GEN },
    template: { EC_PARAMS: ED25519 },
    sign: { mechanism: CKM.EDDSA },
    publicAttributes: ['EC_PARAMS', 'EC_POINT'],
    isInPrivateKey: false,
    toJwk: edwardsJwk,
  },
};

/** Checks the upper bound, which the buffer of signatures depends on; `key-strength.ts` checks the rest. */
function rsaJwk([modulus, exponent]: readonly Buffer[]): JWK {
  const [n, e] = [modulus, exponent].map((each) => withoutLeadingZeros(each)) as [Buffer, Buffer];
  if (n.length > MAX_SIGNATURE_BYTES) throw new TokenProblem('the RSA key has more than 4096 bits');
  return { kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') };
}

/** Base64urlUInt has the minimum number of bytes (RFC 7518 §2). */
function withoutLeadingZeros(number: Buffer = Buffer.alloc(0)): Buffer {
  const start = number.findIndex((byte) => byte !== 0);
  return number.subarray(Math.max(start, 0));
}

function ecJwk([parameters, point]: readonly Buffer[]): JWK {
  if (!parameters?.equals(P256)) throw new TokenProblem('the EC key is not on the curve P-256');
  // Uncompressed: 04, X, Y (SEC 1 §2.3.3), in an OCTET STRING (PKCS#11 v2.40 §2.3.3). Some tokens leave that out.
  const bytes = withoutHeader(point, [Buffer.from([0x04, 0x41])], 65);
  if (bytes?.[0] !== 0x04) throw new TokenProblem('the token does not show the point of the EC key');
  const [x, y] = [bytes.subarray(1, 33), bytes.subarray(33)].map((each) => each.toString('base64url'));
  return { kty: 'EC', crv: 'P-256', x, y } as JWK;
}

function edwardsJwk([parameters, point]: readonly Buffer[]): JWK {
  if (!parameters?.equals(ED25519) && !parameters?.equals(ED25519_NAME)) {
    throw new TokenProblem('the Edwards key is not on the curve Ed25519');
  }
  // In an OCTET STRING, or a BIT STRING (PKCS#11 v3.0 §2.3.5), or bare.
  const headers = [Buffer.from([0x04, 0x20]), Buffer.from([0x03, 0x21, 0x00])];
  const bytes = withoutHeader(point, headers, 32);
  if (bytes === undefined)
    throw new TokenProblem('the token does not show the public key of the Ed25519 key');
  return { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') };
}

/** @returns undefined when the rest has another length */
function withoutHeader(
  value: Buffer | undefined,
  headers: readonly Buffer[],
  length: number,
): Buffer | undefined {
  if (value === undefined || value.length === length) return value;
  const header = headers.find((each) => value.subarray(0, each.length).equals(each));
  const rest = value.subarray(header?.length ?? 0);
  return rest.length === length ? rest : undefined;
}
