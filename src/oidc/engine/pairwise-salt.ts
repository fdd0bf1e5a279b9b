import { randomBytes } from 'node:crypto';
import type { Sealer } from '../../signing/sealing/sealer.ts';
import type { ArtifactStore } from '../../store/store.ts';

/**
 * The secret from which pairwise subjects are computed. It is generated when the first client needs it, and never changes: with another one,
 * every application would see strangers. It is one record of the store, which backups and migrations carry, sealed with a key that is not in
 * the store, so that a copy of the store alone does not tell which subjects are one account.
 */

const ID = 'current';
const SALT_BYTES = 32;

/** Epoch seconds: 9999-12-31. */
const NEVER = 253_402_300_799;

/** @returns reads the secret, and creates it when there is none: of several processes and nodes, all get that of one */
export function pairwiseSalt(
  artifacts: Pick<ArtifactStore, 'find' | 'create' | 'update'>,
  sealer: Sealer,
): () => Promise<Buffer> {
  const seal = (salt: Uint8Array) => ({
    payload: { sealed: sealer.seal('pairwise salt', ID, salt) },
    expiresAt: NEVER,
  });
  const find = async (): Promise<string | undefined> =>
    (await artifacts.find('PairwiseSalt', ID))?.sealed as string | undefined;
  return async () => {
    let sealed = await find();
    if (sealed === undefined) {
      await artifacts.create('PairwiseSalt', ID, seal(randomBytes(SALT_BYTES)));
      sealed = await find();
    }
    if (sealed === undefined) throw new Error('the salt of pairwise subjects was not stored');
    const salt = sealer.open('pairwise salt', ID, sealed);
    // Sealed by a former key: again, so that the operator can remove that one.
    if (sealer.isOutdated(sealed)) await artifacts.update('PairwiseSalt', ID, () => seal(salt));
    return salt;
  };
}
