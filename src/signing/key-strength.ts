import { rsaKeyProblem } from '../clients/rsa-key.ts';
import type { StoredKey } from './stored-key.ts';

/** Keys that Signet makes are strong; one that was put in place by hand, or made by an HSM, may not be (CVE-2017-15361). */

/** @returns what is wrong with the key, without a subject */
export function signingKeyProblem(key: Pick<StoredKey, 'kid'> & PublicHalf): string | undefined {
  const { n, e } = 'privateJwk' in key ? key.privateJwk : key.publicJwk;
  return rsaKeyProblem(Buffer.from(n ?? '', 'base64url'), Buffer.from(e ?? '', 'base64url'));
}

/** The same for keys that are read every few seconds: each is looked at once. */
export function rememberingKeyProblem(): typeof signingKeyProblem {
  const problems = new Map<string, string | undefined>();
  return (key) => {
    if (!problems.has(key.kid)) problems.set(key.kid, signingKeyProblem(key));
    return problems.get(key.kid);
  };
}

type PublicHalf = { publicJwk: PublicMembers } | { privateJwk: PublicMembers };
interface PublicMembers {
  n?: string;
  e?: string;
}
