import type { AccountStore } from '../store/store.ts';

/** Groups of accounts that the warning names; the list of accounts shows the others. */
const MOST = 10;

/**
 * Accounts that had one email address before `accounts.uniqueEmail` was turned on. They keep it; only new addresses are refused.
 * @returns a sentence for the operator, by usernames; undefined when there are none
 */
export async function sharedEmailWarning(
  accounts: Pick<AccountStore, 'sharedEmails'>,
): Promise<string | undefined> {
  const shared = await accounts.sharedEmails(MOST + 1);
  if (shared.length === 0) return undefined;
  const groups = shared.slice(0, MOST).map((usernames) => usernames.join(', '));
  const more = shared.length > MOST ? '; and more' : '';
  return `accounts.uniqueEmail: accounts share an email address and keep it until one of them is changed: ${groups.join('; ')}${more}`;
}

/** Says so in the log, when there is something to say. Never rejects. */
export async function warnOfSharedEmails(
  accounts: Pick<AccountStore, 'sharedEmails'>,
  log: { warn(message: string): void },
): Promise<void> {
  try {
    const warning = await sharedEmailWarning(accounts);
    if (warning !== undefined) log.warn(warning);
  } catch (error) {
    log.warn(`accounts.uniqueEmail: shared email addresses were not looked for: ${String(error)}`);
  }
}
