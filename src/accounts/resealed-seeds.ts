import type { Sealer } from '../signing/sealing/sealer.ts';
import type { AccountStore } from '../store/store.ts';
import { withFactors } from './account-factors.ts';
import { everyAccount } from './every-account.ts';

/**
 * Seals the seeds of authenticator apps with the current sealing key, so that an older one can be removed. A sign-in does so for its account;
 * this does it for all others, at a start while there are several keys.
 * @returns the number of accounts that were changed
 * @throws SealingError
 */
export async function resealSeeds(
  store: Pick<AccountStore, 'list' | 'update'>,
  sealer: Pick<Sealer, 'seal' | 'open' | 'isOutdated'>,
): Promise<number> {
  let count = 0;
  for await (const page of everyAccount(store, { isBackground: true })) {
    for (const { id, details } of page) {
      const sealed = details?.factors?.totp?.sealed;
      if (sealed === undefined || !sealer.isOutdated(sealed)) continue;
      const renewed = sealer.seal('totp', id, sealer.open('totp', id, sealed));
      const changed = await store.update(id, (current) => {
        const totp = current.details?.factors?.totp;
        // The person may have replaced the app meanwhile.
        return totp?.sealed === sealed
          ? withFactors(current, { totp: { ...totp, sealed: renewed } })
          : undefined;
      });
      if (changed !== undefined) count += 1;
    }
  }
  return count;
}
