import { calculateJwkThumbprint } from 'jose';
import type { Pkcs11Uri } from '../../../config/pkcs11-uri.ts';
import { DEFAULT_ALGORITHM, type SigningAlgorithm } from '../../algorithms.ts';
import { KeySourceError } from '../../errors.ts';
import type { KeySource } from '../../key-source.ts';
import { signingKeyProblem } from '../../key-strength.ts';
import { nextNumber } from '../../stored-key.ts';
import type { Hsm } from './hsm.ts';
import type { KeyNames, TokenKey } from './token-session.ts';

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
      const { id, publicJwk } = await (key === undefined
        ? generate(hsm, alg, number)
        : hsm.find(alg, namesFor(alg, key)));
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
      return 'hsmId' in stored
        ? { ...opened, sign: (data) => hsm.sign(stored.alg, stored.hsmId, data) }
        : opened;
    },
  };
}

async function generate(
  hsm: Pick<Hsm, 'generate'>,
  alg: SigningAlgorithm,
  number: number,
): Promise<TokenKey> {
  try {
    return await hsm.generate(
      alg,
      alg === DEFAULT_ALGORITHM ? `signet-${number}` : `signet-${alg}-${number}`,
    );
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('CKR_MECHANISM_INVALID'))) throw error;
    throw new KeySourceError(
      `the HSM cannot make a key for ${alg} (CKR_MECHANISM_INVALID); signet keys rotate --local --alg ${alg} makes a local one`,
      { cause: error },
    );
  }
}

/** The configuration names the key pair for RS256. One for another algorithm has its label with the algorithm: `login-2027-ES256`. */
function namesFor(alg: SigningAlgorithm, { id, label }: KeyNames): KeyNames {
  if (alg === DEFAULT_ALGORITHM) return { id, label };
  if (label !== undefined) return { label: `${label}-${alg}` };
  throw new KeySourceError(
    `hsm.uri names a key by its id alone, which is for ${DEFAULT_ALGORITHM}; name it by object, and the key for ${alg} by the same with -${alg}`,
  );
}
