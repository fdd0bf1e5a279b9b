import { type Accounts, createAccounts } from '../../src/accounts/accounts.ts';
import { type Consents, createConsents } from '../../src/accounts/consents.ts';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { createSessions, type Sessions } from '../../src/accounts/sessions.ts';
import { type Clients, createClients } from '../../src/clients/clients.ts';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { createMailing } from '../../src/app/mailing.ts';
import type { Mail } from '../../src/mail/mail.ts';
import { createMessages } from '../../src/messages/messages.ts';
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
  mail: Mail;
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
    mail: createMailing({
      config,
      messages: createMessages(),
      store,
      sealer: createSealer(config),
      audit,
      log: { warn: () => {} },
      clock,
    }).mail,
    close: () => store.close(),
  };
}
