import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, type Accounts, createAccounts } from '../../src/accounts/accounts.ts';
import { createPasswords, type Passwords } from '../../src/accounts/passwords.ts';
import type { AuditEntry } from '../../src/audit/audit.ts';
import { parseConfig } from '../../src/config/config.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

/** Cheaper than the configuration allows: what is tested with it does not depend on it. */
export const SETTINGS = { ...parseConfig({}).passwords, memory: 64 };
export const PASSWORD = 'wonderland-tea-party';
export const OTHER_PASSWORD = 'through-the-looking-glass';

/** Seconds. */
export const REVOCATION_LIFETIME = 1000;

export interface AccountsFixture {
  /** Epoch seconds; stands still until it is moved. */
  now: number;
  readonly store: Store;
  readonly recorded: AuditEntry[];
  readonly accounts: Accounts;
  /** Accounts on the same store with other password hashing. */
  open(passwords: Passwords, store?: Pick<Store, 'accounts' | 'artifacts'>): Accounts;
  addAlice(): Promise<Account>;
  close(): Promise<void>;
}

/** Accounts on a database of their own. */
export async function openAccounts(): Promise<AccountsFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'signet-accounts-'));
  const time = { now: 1_800_000_000 };
  const clock = () => time.now * 1000;
  const store = await openStore(`sqlite:${join(directory, 'signet.db')}`, { clock });
  const recorded: AuditEntry[] = [];
  const open: AccountsFixture['open'] = (passwords, on = store) =>
    createAccounts({
      store: on,
      passwords,
      audit: { record: (entry) => void recorded.push(entry) },
      clock,
      revocationLifetime: REVOCATION_LIFETIME,
    });
  const accounts = open(createPasswords(SETTINGS));
  return Object.assign(time, {
    store,
    recorded,
    accounts,
    open,
    addAlice: () => accounts.add({ username: 'alice', password: PASSWORD }),
    async close() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  });
}
