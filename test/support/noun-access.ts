import { type Accounts, createAccounts } from '../../src/accounts/accounts.ts';
import { type Consents, createConsents } from '../../src/accounts/consents.ts';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { createSessions, type Sessions } from '../../src/accounts/sessions.ts';
import { type Clients, createClients } from '../../src/clients/clients.ts';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { grantLifetime } from '../../src/oidc/engine/lifetimes.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import type { TestServer } from './server.ts';

/** Accounts, sessions, consents and clients of a running server, on a second connection to its store, as the command line has them. */
export interface Operator {
  store: Store;
  accounts: Accounts;
  sessions: Sessions;
  consents: Consents;
  clients: Clients;
  close: () => Promise<void>;
}

export async function operate({ config }: Pick<TestServer, 'config'>): Promise<Operator> {
  const clock = () => Date.now();
  const store = await openStore(config.store, { clock, ...config.accounts });
  const audit = { record: () => {} };
  const revocationLifetime = grantLifetime(config.lifetimes);
  return {
    store,
    accounts: createAccounts({
      store,
      passwords: createPasswords(config.passwords),
      audit,
      clock,
      revocationLifetime,
    }),
    sessions: createSessions({ store, audit, clock, revocationLifetime }),
    consents: createConsents({ store, audit, clock, withdrawalLifetime: config.lifetimes.consent }),
    clients: createClients({ store, ...metadataContext(config), audit, clock, sealer: createSealer(config) }),
    close: () => store.close(),
  };
}
