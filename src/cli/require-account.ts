import type { Account, Accounts } from '../accounts/accounts.ts';
import type { FactorName } from '../accounts/factor-notice.ts';
import type { AccountDetails } from '../store/store.ts';

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

/** What an account has beside its password, each kind once. */
export function factorKinds(details: AccountDetails | undefined): FactorName[] {
  const { totp, passkeys = {}, recoveryCodes } = details?.factors ?? {};
  const keys = Object.values(passkeys).map(({ isPasskey }) => (isPasskey ? 'passkey' : 'security_key'));
  return [
    ...(totp === undefined ? [] : (['totp'] as const)),
    ...new Set(keys),
    ...(recoveryCodes === undefined ? [] : (['recovery_codes'] as const)),
  ];
}

/** An account as commands print it: without what was revoked of it, and of its details the kinds of its factors. */
export function shownAccount({
  revocations: _revocations,
  details,
  ...account
}: Account): Omit<Account, 'revocations' | 'details'> & { factors: FactorName[] } {
  return { ...account, factors: factorKinds(details) };
}
