import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActorEntry } from '../../src/audit/audit.ts';
import { type Clients, createClients } from '../../src/clients/clients.ts';
import { verifySecret } from '../../src/clients/secrets.ts';
import { DEMO_API } from '../../src/config/demo.ts';
import type { Api } from '../../src/config/schema-apis.ts';
import { createSealer, type Sealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';

const SCOPELESS: Api = {
  audience: 'https://api.example',
  name: 'API',
  scopes: {},
  clients: ['listed'],
  userinfo: true,
  listed: false,
  signingAlgorithm: 'RS256',
  accessTokenType: 'at+jwt',
  accessTokenClaims: [],
};

/** Clients in production mode on a database of their own, with a manual clock. */
export class ClientsFixture {
  /** Epoch seconds. */
  now = 1_800_000_000;
  readonly recorded: ActorEntry[] = [];
  /** Names of the write methods called on the store. */
  readonly writes: string[] = [];
  readonly database: string;
  readonly clients: Clients;
  readonly store: Store;
  readonly sealer: Sealer;

  private constructor(directory: string, store: Store) {
    this.database = join(directory, 'signet.db');
    this.store = store;
    this.sealer = createSealer({ keys: join(directory, 'keys') });
    this.clients = createClients({
      store: { clients: noting(store.clients, this.writes) },
      apis: [DEMO_API, SCOPELESS],
      mode: 'production',
      signingAlgorithms: ['RS256', 'ES256'],
      declaredIn: (id) => (id === 'web' ? 'clients/web.yaml' : undefined),
      audit: { record: (entry) => void this.recorded.push(entry) },
      clock: () => this.now * 1000,
      sealer: this.sealer,
    });
  }

  static async open(): Promise<ClientsFixture> {
    const directory = makeMemoryDirectory('signet-clients');
    const address = `sqlite:${join(directory, 'signet.db')}`;
    return new ClientsFixture(directory, await openStore(address, { clock: Date.now }));
  }

  /** Filters the secrets that the client can authenticate with now. */
  async accepted(id: string, ...candidates: string[]): Promise<boolean[]> {
    const client = await this.clients.find(id);
    return candidates.map((candidate) => verifySecret(client?.secrets ?? [], candidate, this.now));
  }

  async close(): Promise<void> {
    await this.store.close();
    await rm(join(this.database, '..'), { recursive: true });
  }
}

/** A proxy that records the names of the write methods called. */
function noting<Port extends object>(port: Port, writes: string[]): Port {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]): unknown => {
        if (['put', 'create', 'remove'].includes(String(name))) writes.push(String(name));
        return method.apply(target, args);
      };
    },
  });
}
