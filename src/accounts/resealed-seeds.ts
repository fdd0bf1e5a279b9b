import { setTimeout } from 'node:timers/promises';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { AccountStore } from '../store/store.ts';
import { withFactors } from './account-factors.ts';

const PAGE_SIZE = 200;

/** Between two pages, so that sign-ins do not wait for a walk over all accounts. */
const PAUSE_MS = 20;

/**
 * Seals the seeds of authenticator apps with the current sealing key, so that an older one can be removed. A sign-in does so for its account;
 * this does it for all others, at a start while there are several keys.
 * @returns the number of accounts that were changed
 * @throws SealingError
 */
export async function resealSeeds(
  store: Pick<AccountStore, 'list' | 'update'>,
  sealer: Pick<Sealer, 'seal' | 'open' | 'isOutdated'>,
  pause: () => Promise<unknown> = () => setTimeout(PAUSE_MS, undefined, { ref: false }),
): Promise<number> {
  let count = 0;
  let after: string | undefined;
  for (;;) {
    const page = await store.list({ limit: PAGE_SIZE, after });
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
    if (page.length < PAGE_SIZE) return count;
    after = page.at(-1)?.username;
    await pause();
  }
}
