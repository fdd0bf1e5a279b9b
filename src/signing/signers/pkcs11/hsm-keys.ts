import { calculateJwkThumbprint } from 'jose';
import type { Pkcs11Uri } from '../../../config/pkcs11-uri.ts';
import { KeySourceError } from '../../errors.ts';
import type { KeySource } from '../../key-source.ts';
import { signingKeyProblem } from '../../key-strength.ts';
import { nextNumber } from '../../stored-key.ts';
import type { Hsm } from './hsm.ts';

/**
 * Wraps a key source so that new keys are made by an HSM. The wrapped source still keeps the records, with the public half of each key and
 * its times. Existing keys are unchanged, so a ring moves into an HSM by a rotation, and every token stays verifiable.
 * @param key the key pair on the token that the configuration names; undefined when the HSM makes the keys
 */
export function hsmKeys(
  source: KeySource,
  hsm: Pick<Hsm, 'sign' | 'generate' | 'find' | 'destroy'>,
  key: Pkcs11Uri['key'],
): KeySource {
  /** CKA_IDs of generated key pairs whose record is not kept yet. */
  const unsaved = new Set<string>();
  return {
    ...source,
    manual: key !== undefined,
    async make(before, { alg, ...starts }) {
      const number = nextNumber(before, alg);
      const { id, publicJwk } = await (key === undefined ? hsm.generate(`signet-${number}`) : hsm.find(key));
      const kid = await calculateJwkThumbprint(publicJwk);
      const problem = signingKeyProblem({ alg, publicJwk });
      if (problem !== undefined) {
        if (key === undefined) await hsm.destroy(id);
        throw new KeySourceError(`the key ${id} of the HSM ${problem}`);
      }
      if (key === undefined) unsaved.add(id);
      else if (before.some((other) => other.kid === kid)) {
        throw new KeySourceError(
          `the ring already has the key that hsm.uri names (${kid}); make another on the token and name that`,
        );
      }
      return { number, kid, alg, ...starts, publicJwk, hsmId: id };
    },
    async create(stored) {
      const created = await source.create(stored);
      // Another process has the number, and this key pair was never published.
      if ('hsmId' in stored && unsaved.delete(stored.hsmId) && !created) await hsm.destroy(stored.hsmId);
      return created;
    },
    open(stored) {
      const opened = source.open(stored);
      return 'hsmId' in stored ? { ...opened, sign: (data) => hsm.sign(stored.hsmId, data) } : opened;
    },
  };
}
