import type { AccountStore } from '../store/store.ts';

/** Groups of accounts listed in the warning; `signet user list` shows the others. */
const MAX_GROUPS = 10;

/**
 * Logs a warning that lists, by username, the accounts that have shared an email address since before `accounts.uniqueEmail` was
 * turned on. They keep the address; only new duplicates are rejected. Never rejects.
 */
export async function warnOfSharedEmails(
  accounts: Pick<AccountStore, 'sharedEmails'>,
  log: { warn(message: string): void },
): Promise<void> {
  try {
    const shared = await accounts.sharedEmails(MAX_GROUPS + 1);
    if (shared.length === 0) return;
    const groups = shared.slice(0, MAX_GROUPS).map((usernames) => usernames.join(', '));
    const more = shared.length > MAX_GROUPS ? '; and more' : '';
    log.warn(
      `accounts.uniqueEmail: accounts share an email address and keep it until one of them is changed: ${groups.join('; ')}${more}`,
    );
  } catch (error) {
    log.warn(`accounts.uniqueEmail: the check for shared email addresses failed: ${String(error)}`);
  }
}
