import { clientKeyProblem } from '../clients/jwks.ts';
import { publicJwk } from './key-jwk.ts';
import { jwkOf, type StoredKey } from './stored-key.ts';

/**
 * Results by public key. A check takes milliseconds, and the watcher reads the same few keys every few seconds.
 */
const results = new Map<string, string | undefined>();

/**
 * Rejects weak keys, by the rules for the keys of clients. Keys that Signet generates are strong; keys that an operator copied into place,
 * or that an HSM generated, may not be (CVE-2017-15361).
 * @returns what is wrong with the key, as a sentence without its subject
 */
export function signingKeyProblem(
  key: Pick<StoredKey, 'alg'> & Parameters<typeof jwkOf>[0],
): string | undefined {
  const jwk = publicJwk(key.alg, jwkOf(key));
  const name = JSON.stringify(jwk);
  if (!results.has(name)) results.set(name, clientKeyProblem({ ...jwk }));
  return results.get(name);
}
