import type { ClientStore } from '../store/store.ts';
import { resealed, type SecretSealer } from './secret-key.ts';

const PAGE_SIZE = 500;

/**
 * Seals the secrets of all clients with the current sealing key, so that an older one can be removed. Runs at a start while there are several.
 * @returns the number of clients that were changed
 * @throws SealingError
 */
export async function resealSecrets(store: ClientStore, sealer: SecretSealer): Promise<number> {
  let count = 0;
  let after: string | undefined;
  do {
    const page = await store.list({ limit: PAGE_SIZE, after });
    for (const { id, secrets } of page) {
      if (!secrets.some(({ sealed }) => sealed !== undefined && sealer.isOutdated(sealed))) continue;
      // Computed inside the update: the command line may rotate the secret at the same time.
      const changed = await store.update(id, (current) => {
        const renewed = resealed(current.secrets, current, sealer);
        return renewed === current.secrets ? undefined : { ...current, secrets: renewed };
      });
      if (changed !== undefined) count += 1;
    }
    after = page.length === PAGE_SIZE ? page.at(-1)?.id : undefined;
  } while (after !== undefined);
  return count;
}
