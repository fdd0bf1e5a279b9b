import { randomBytes } from 'node:crypto';
import { NEVER } from '../../clock.ts';
import type { Sealer } from '../../signing/sealing/sealer.ts';
import type { ArtifactStore, ArtifactWrite } from '../../store/store.ts';

/**
 * The secret from which pairwise subjects are computed. It is generated when the first client needs it, and never changes: with another one,
 * every application would see strangers. It is one record of the store, which backups and migrations carry, sealed with a key that is not in
 * the store, so that a copy of the store alone does not tell which subjects are one account.
 */

const ID = 'current';
const SALT_BYTES = 32;

type SaltStore = Pick<ArtifactStore, 'find' | 'create' | 'update'>;

/** @returns reads the secret, and creates it when there is none: of several processes and nodes, all get that of one */
export function pairwiseSalt(artifacts: SaltStore, sealer: Sealer): () => Promise<Buffer> {
  return async () => {
    let sealed = await findSealed(artifacts);
    if (sealed === undefined) {
      await artifacts.create('PairwiseSalt', ID, sealedSalt(sealer, randomBytes(SALT_BYTES)));
      sealed = await findSealed(artifacts);
    }
    if (sealed === undefined) throw new Error('the salt of pairwise subjects was not stored');
    return sealer.open('pairwise salt', ID, sealed);
  };
}

/**
 * Seals the secret with the first key, if there is one that another key has sealed, so that the operator can remove that key. Runs at a start.
 * @returns whether it was sealed again
 * @throws SealingError
 */
export async function resealPairwiseSalt(artifacts: SaltStore, sealer: Sealer): Promise<boolean> {
  const sealed = await findSealed(artifacts);
  if (sealed === undefined || !sealer.isOutdated(sealed)) return false;
  const salt = sealer.open('pairwise salt', ID, sealed);
  await artifacts.update('PairwiseSalt', ID, () => sealedSalt(sealer, salt));
  return true;
}

async function findSealed(artifacts: SaltStore): Promise<string | undefined> {
  return (await artifacts.find('PairwiseSalt', ID))?.sealed as string | undefined;
}

function sealedSalt(sealer: Sealer, salt: Uint8Array): ArtifactWrite {
  return { payload: { sealed: sealer.seal('pairwise salt', ID, salt) }, expiresAt: NEVER };
}
