import { type Clock, nowInSeconds } from '../clock.ts';
import type { AccountRecord, AccountStore, ChangeJobs } from '../store/store.ts';
import { removeFactor, withFactors } from './account-factors.ts';
import { type Account, toAccount } from './accounts.ts';
import { createRecoveryCodes, withoutCode } from './credentials/recovery-codes.ts';

/** The recovery codes of an account, as they are stored: digests, of which a use removes one in a compare-and-set. */
export interface RecoveryCodeSet {
  /** Ten new codes instead of those that the account had. @returns them, for the person; undefined for no account */
  replaceRecoveryCodes(accountId: string, jobs?: ChangeJobs): Promise<string[] | undefined>;
  /** @returns whether there were any */
  removeRecoveryCodes(accountId: string): Promise<boolean>;
  /** Accepts a code once. @returns how many are left; undefined for a code that is wrong or was used */
  useRecoveryCode(
    accountId: string,
    typed: string,
    jobs?: ChangeJobs,
  ): Promise<{ left: number; account: Account } | undefined>;
}

export function createRecoveryCodeSet({
  accounts,
  clock,
}: {
  accounts: Pick<AccountStore, 'update'>;
  clock: Clock;
}): RecoveryCodeSet {
  return {
    async replaceRecoveryCodes(accountId, jobs) {
      const { codes, record: recoveryCodes } = createRecoveryCodes(accountId, nowInSeconds(clock));
      const change = (current: AccountRecord) => withFactors(current, { recoveryCodes });
      const changed = await accounts.update(accountId, change, jobs);
      return changed && codes;
    },
    removeRecoveryCodes: async (accountId) =>
      (await removeFactor(accounts, accountId, 'recoveryCodes')) === true,
    async useRecoveryCode(accountId, typed, jobs) {
      let left = 0;
      const change = (current: AccountRecord) => {
        const stored = current.details?.factors?.recoveryCodes;
        const recoveryCodes = stored && withoutCode(stored, accountId, typed);
        if (recoveryCodes === undefined) return undefined;
        left = recoveryCodes.digests.length;
        return withFactors(current, { recoveryCodes });
      };
      const changed = await accounts.update(accountId, change, jobs);
      return changed && { left, account: toAccount(changed) };
    },
  };
}
