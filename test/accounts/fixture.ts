import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, type Accounts, createAccounts } from '../../src/accounts/accounts.ts';
import { type Authentication, createAuthentication } from '../../src/accounts/authentication.ts';
import { createKnownDevices, type KnownDevices } from '../../src/accounts/known-devices.ts';
import { createPasswords, type Passwords } from '../../src/accounts/credentials/password.ts';
import type { ActorEntry } from '../../src/audit/audit.ts';
import { parseConfig } from '../../src/config/config.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';

export const LIMITS = parseConfig({}).loginProtection;

/** Cheaper than the configuration allows, for speed. */
export const SETTINGS = { ...parseConfig({}).passwords, memory: 64 };
export const PASSWORD = 'wonderland-tea-party';
export const OTHER_PASSWORD = 'through-the-looking-glass';

export const NETWORK = '192.0.2.1';

/** Seconds. */
export const REVOCATION_LIFETIME = 1000;

export interface AccountsFixture {
  /** Epoch seconds. Set it to move the clock. */
  now: number;
  readonly store: Store;
  readonly recorded: ActorEntry[];
  readonly accounts: Accounts;
  readonly devices: KnownDevices;
  /** Accounts on the same store with other password hashing. */
  open(passwords: Passwords, store?: Pick<Store, 'accounts' | 'artifacts'>): Accounts;
  /** Authentication on the same store, with the default limits. */
  openAuthentication(passwords: Passwords, limits?: typeof LIMITS): Authentication;
  /** @returns undefined when the sign-in fails */
  authenticate(username: string, password: string, passwords?: Passwords): Promise<Account | undefined>;
  addAlice(): Promise<Account>;
  close(): Promise<void>;
}

/** Opens accounts on a database of their own. */
export async function openAccounts(): Promise<AccountsFixture> {
  const directory = makeMemoryDirectory('signet-accounts');
  const time = { now: 1_800_000_000 };
  const clock = () => time.now * 1000;
  const store = await openStore(`sqlite:${join(directory, 'signet.db')}`, { clock });
  const recorded: ActorEntry[] = [];
  const open: AccountsFixture['open'] = (passwords, on = store) =>
    createAccounts({
      store: on,
      passwords,
      audit: { record: (entry) => void recorded.push(entry) },
      clock,
      revocationLifetime: REVOCATION_LIFETIME,
    });
  const devices = createKnownDevices({ artifacts: store.artifacts, lifetime: LIMITS.knownDevice, clock });
  const accounts = open(createPasswords(SETTINGS));
  const openAuthentication: AccountsFixture['openAuthentication'] = (passwords, limits = LIMITS) =>
    createAuthentication({ store, devices, passwords, settings: limits, clock });
  return Object.assign(time, {
    store,
    recorded,
    accounts,
    devices,
    open,
    openAuthentication,
    async authenticate(username: string, password: string, passwords = createPasswords(SETTINGS)) {
      const signIn = await openAuthentication(passwords).signIn({ username, password, network: NETWORK });
      return signIn.outcome === 'succeeded' ? signIn.account : undefined;
    },
    addAlice: () => accounts.add({ username: 'alice', password: PASSWORD }),
    async close() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  });
}
