import { calculateJwkThumbprint } from 'jose';
import type { Pkcs11Uri } from '../config/pkcs11-uri.ts';
import type { Hsm } from './hsm.ts';
import { type KeySource, KeySourceError } from './key-source.ts';
import { signingKeyProblem } from './key-strength.ts';
import { openLocally } from './signing-key.ts';
import { nextNumber } from './stored-key.ts';

/**
 * A key source whose new keys are in an HSM. What says when a key signs is kept where it always is, beside the public half; keys from
 * before stay what they are. So a ring moves into an HSM by a rotation, and no token loses its key.
 * @param key the pair on the token that the configuration names; without one, the HSM makes the keys
 */
export function hsmKeys(source: KeySource, hsm: Hsm, key: Pkcs11Uri['key']): KeySource {
  /** Made for a number that another process may win. */
  const made = new Set<string>();
  return {
    ...source,
    byHand: key !== undefined,
    async make(before, starts) {
      const number = nextNumber(before);
      const { id, publicJwk } = await (key === undefined ? hsm.generate(`signet-${number}`) : hsm.find(key));
      const kid = await calculateJwkThumbprint(publicJwk);
      const problem = signingKeyProblem({ publicJwk });
      if (problem !== undefined) {
        if (key === undefined) await hsm.destroy(id);
        throw new KeySourceError(`the key ${id} of the HSM ${problem}`);
      }
      if (key === undefined) made.add(id);
      else if (before.some((other) => other.kid === kid)) {
        throw new KeySourceError(
          `the key that hsm.uri names is ${kid}, which has had its turn; make another on the token and name that`,
        );
      }
      return { number, kid, alg: 'RS256', ...starts, publicJwk, hsmId: id };
    },
    async create(stored) {
      const won = await source.create(stored);
      // Nobody has seen the loser's key.
      if ('hsmId' in stored && made.delete(stored.hsmId) && !won) await hsm.destroy(stored.hsmId);
      return won;
    },
    open(stored) {
      if ('privateJwk' in stored) return source.open(stored);
      return { ...openLocally(stored), sign: (data) => hsm.sign(stored.hsmId, data) };
    },
  };
}
