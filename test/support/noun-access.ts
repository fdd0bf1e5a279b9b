import { type Accounts, createAccounts } from '../../src/accounts/accounts.ts';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { type Clients, createClients } from '../../src/clients/clients.ts';
import { metadataContext } from '../../src/clients/metadata.ts';
import { openStore } from '../../src/store/open.ts';
import type { TestServer } from './server.ts';

/** Accounts and clients of a running server, on a second connection to its store, as the command line has them. */
export interface Operator {
  accounts: Accounts;
  clients: Clients;
  close: () => Promise<void>;
}

export async function operate({ config }: Pick<TestServer, 'config'>): Promise<Operator> {
  const clock = () => Date.now();
  const store = await openStore(config.store, { clock, ...config.accounts });
  const audit = { record: () => {} };
  return {
    accounts: createAccounts({
      store,
      passwords: createPasswords(config.passwords),
      audit,
      clock,
      revocationLifetime: 3600,
    }),
    clients: createClients({ store, ...metadataContext(config), audit, clock }),
    close: () => store.close(),
  };
}
