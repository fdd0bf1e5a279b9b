import { createAccounts } from '../../src/accounts/accounts.ts';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { DEMO_ACCOUNT, DEMO_API, DEMO_CLIENTS } from '../../src/config/demo.ts';
import { openStore } from '../../src/store/open.ts';
import { startTestServer } from '../support/server.ts';
import { SamplePrograms } from './sample-programs.ts';

/** The programs of `signet dev` on free ports, in this process. */
export interface Demo {
  issuer: string;
  /** The sample app's. */
  clientId: string;
  /** Address of the sample app, without a path. */
  app: string;
  /** Address of the sample API, which is also its audience. */
  api: string;
  /** Replaces alice by a new account without sessions and consents. */
  renewAlice(): Promise<void>;
  addAccount(account: { username: string; password: string }): Promise<void>;
  /** Number of token responses with this grant type so far. */
  tokensIssued(grantType: string): Promise<number>;
  stop(): Promise<void>;
}

export async function startDemo(): Promise<Demo> {
  const [client, ...others] = DEMO_CLIENTS;
  if (client === undefined) throw new Error('the demo has no web client');
  const samples = await SamplePrograms.listen();
  const { api, app } = samples;
  const server = await startTestServer({
    // Its API and web client have fixed ports.
    demo: false,
    signUp: 'open',
    apis: [{ ...DEMO_API, audience: api }],
    clients: [
      {
        ...client,
        redirect_uris: [`${app}/callback`],
        post_logout_redirect_uris: [`${app}/`],
      },
      ...others,
    ],
  });
  const store = await openStore(server.config.store, { clock: Date.now });
  const accounts = createAccounts({
    store,
    passwords: createPasswords(server.config.passwords),
    audit: { record: () => {} },
    clock: Date.now,
    revocationLifetime: 3600,
  });
  samples.serve(server.issuer, { clientId: client.client_id, clientSecret: client.client_secret ?? '' });
  return {
    issuer: server.issuer,
    clientId: client.client_id,
    app,
    api,
    async renewAlice() {
      const alice = await accounts.findByUsername(DEMO_ACCOUNT.username);
      if (alice !== undefined) await accounts.remove(alice.id);
      await accounts.add({ ...DEMO_ACCOUNT, takesReserved: true });
    },
    async addAccount(account) {
      await accounts.add({ ...account, claims: {} });
    },
    async tokensIssued(grantType) {
      const response = await fetch(`http://127.0.0.1:${server.running.managementPort}/metrics`);
      const counter = new RegExp(`^signet_tokens_issued_total\\{grant_type="${grantType}"\\} (\\d+)$`, 'm');
      return Number(counter.exec(await response.text())?.[1] ?? 0);
    },
    async stop() {
      samples.close();
      await store.close();
      await server.stop();
    },
  };
}
