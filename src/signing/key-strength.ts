import { rsaKeyProblem } from '../clients/rsa-key.ts';

/** Keys that Signet makes are strong; one that was put in place by hand, or made by an HSM, may not be (CVE-2017-15361). */

/** By modulus and exponent: a check takes milliseconds, and a server reads its few keys twice at the start, then every few seconds. */
const known = new Map<string, string | undefined>();

/** @returns what is wrong with the key, without a subject */
export function signingKeyProblem(key: PublicHalf): string | undefined {
  const { n = '', e = '' } = 'privateJwk' in key ? key.privateJwk : key.publicJwk;
  const name = `${n} ${e}`;
  if (!known.has(name)) {
    known.set(name, rsaKeyProblem(Buffer.from(n, 'base64url'), Buffer.from(e, 'base64url')));
  }
  return known.get(name);
}

type PublicHalf = { publicJwk: PublicMembers } | { privateJwk: PublicMembers };
interface PublicMembers {
  n?: string;
  e?: string;
}
