import { generateKeyPairSync } from 'node:crypto';

/** A key that signs nothing. A signature of an unknown credential is compared with it, so that the answer takes as long as for a known one. */

let decoy: string | undefined;

/** COSE key (RFC 9053 §7.1.1) for ES256, base64url. A new one in each process. */
export function decoyKey(): string {
  decoy ??= makeKey();
  return decoy;
}

function makeKey(): string {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  });
  // A map of five: kty EC2, alg ES256, crv P-256, x, y.
  return Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y, 'base64url'),
  ]).toString('base64url');
}
