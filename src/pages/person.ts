import type { Account } from '../accounts/accounts.ts';
import type { Person } from './page-data.ts';

/** An account as pages show it. */
export function personOf({ username, claims }: Pick<Account, 'username' | 'claims'>): Person {
  return { username, name: typeof claims.name === 'string' ? claims.name : undefined };
}
