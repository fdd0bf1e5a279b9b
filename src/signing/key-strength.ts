import { rsaKeyProblem } from '../clients/rsa-key.ts';
import { jwkOf } from './stored-key.ts';

/**
 * Results by modulus and exponent. A check takes milliseconds, and the watcher reads the same few keys every few seconds.
 */
const results = new Map<string, string | undefined>();

/**
 * Rejects weak keys. Keys that Signet generates are strong; keys that an operator copied into place, or that an HSM generated, may not be
 * (CVE-2017-15361).
 * @returns what is wrong with the key, as a sentence without its subject
 */
export function signingKeyProblem(key: Parameters<typeof jwkOf>[0]): string | undefined {
  const { n = '', e = '' } = jwkOf(key);
  const name = `${n} ${e}`;
  if (!results.has(name)) {
    results.set(name, rsaKeyProblem(Buffer.from(n, 'base64url'), Buffer.from(e, 'base64url')));
  }
  return results.get(name);
}
