import type { Account, Accounts } from '../accounts/accounts.ts';

/**
 * The account that an argument names.
 * @param name username in any spelling, or id
 * @throws Error with one sentence
 */
export async function requireAccount(accounts: Accounts, name: string): Promise<Account> {
  const account = (await accounts.findByUsername(name)) ?? (await accounts.find(name));
  if (account === undefined) throw new Error(`there is no account ${name}`);
  return account;
}

/** An account as commands print it: without what was revoked of it, and its details, which other commands list. */
export function shownAccount({
  revocations: _revocations,
  details: _details,
  ...account
}: Account): Omit<Account, 'revocations' | 'details'> {
  return account;
}
