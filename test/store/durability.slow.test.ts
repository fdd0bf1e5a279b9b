import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import {
  ALL_ARTIFACT_KINDS,
  ARTIFACT_KINDS,
  type Durability,
  WRITES,
} from '../../src/store/port/artifact-kinds.ts';
import { SqliteAccounts } from '../../src/store/sqlite/accounts.ts';
import { SqliteArtifacts } from '../../src/store/sqlite/artifacts.ts';
import { SqliteAudit } from '../../src/store/sqlite/audit.ts';
import { SqliteClients } from '../../src/store/sqlite/clients.ts';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { SessionJobs } from '../../src/store/sqlite/session-jobs.ts';
import { SqliteJobs } from '../../src/store/sqlite/jobs.ts';
import { SqliteCounters } from '../../src/store/sqlite/counters.ts';
import { openDatabase } from '../../src/store/sqlite/open-database.ts';
import { SqliteSigningKeys } from '../../src/store/sqlite/signing-keys.ts';
import type { ArtifactKind, Store } from '../../src/store/store.ts';
import { accountNamed } from './account-records.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const expiresAt = Math.floor(Date.now() / 1000) + 60;

type Stores = Pick<
  Store,
  'artifacts' | 'accounts' | 'clients' | 'signingKeys' | 'jobs' | 'counters' | 'audit'
>;

const LOCAL: ArtifactKind = 'AuthorizationCode';
const write = { payload: {}, expiresAt, grantId: 'g', accountId: 'alice' };

/** Every way to write an artifact of each kind, and to claim a replay id. */
function writesOfKinds({ artifacts }: Stores): [kind: ArtifactKind, write: () => Promise<unknown>][] {
  return ALL_ARTIFACT_KINDS.flatMap((kind): [ArtifactKind, () => Promise<unknown>][] => [
    [kind, () => artifacts.upsert(kind, 'upsert', write)],
    [kind, () => artifacts.update(kind, 'update', () => write)],
    [kind, () => artifacts.create(kind, 'create', write)],
    [kind, () => artifacts.commit({ writes: [{ kind, id: 'commit', write }] })],
    [
      kind,
      () =>
        artifacts.commit({
          writes: [
            { kind, id: 'commit', write },
            { kind: LOCAL, id: 'c', write },
          ],
        }),
    ],
    [kind, () => artifacts.createOnce(kind, 'jti', expiresAt)],
  ]);
}

/** Every other write. The artifacts `consumed`, `committed` and `ended` of the kind LOCAL exist. */
function otherWrites(store: Stores): [name: keyof typeof WRITES, write: () => Promise<unknown>][] {
  const { artifacts, accounts, clients, signingKeys, jobs, counters, audit } = store;
  const client = {
    id: 'web',
    instance: 'i',
    metadata: {},
    secrets: [],
    source: 'added',
    createdAt: 0,
    updatedAt: 0,
  } as const;
  const key = { kid: 'k', sealed: 's', createdAt: 0 };
  return [
    ['consumption', () => artifacts.consume(LOCAL, 'consumed')],
    ['consumption', () => artifacts.commit({ consume: { kind: LOCAL, id: 'committed' } })],
    ['destruction', () => artifacts.destroy(LOCAL, 'ended')],
    ['destruction', () => artifacts.destroyByGrant(LOCAL, 'g')],
    ['revocation', () => artifacts.revokeGrant('h', expiresAt)],
    ['revocation', () => artifacts.revokeAccount('bob', expiresAt)],
    ['account', () => accounts.create(accountNamed('alice'))],
    ['account', () => accounts.update('alice', () => ({ disabled: true }))],
    ['account', () => accounts.remove('alice')],
    ['client', () => clients.create({ ...client, secrets: [] })],
    ['client', () => clients.update('web', (current) => current)],
    ['client', () => clients.remove('web')],
    ['signing key', () => signingKeys.put(key)],
    ['signing key', () => signingKeys.update('k', () => key)],
    ['signing key', () => signingKeys.remove('k')],
    ['job', () => jobs.enqueue([{ id: 'j', kind: 'test', sealed: '' }])],
    ['job', () => jobs.retry('other')],
    ['job', () => jobs.cancel('j')],
    ['claim of a job', () => jobs.claim({ limit: 1, until: expiresAt })],
    ['claim of a job', () => jobs.settle({ id: 'j', claim: '' }, { outcome: 'done' })],
    ['counter', () => counters.add([{ key: 'attempts', lifetime: 60 }])],
    ['counter', () => counters.reset('attempts')],
    ['audit event', () => audit.append([{ at: 1, type: 'test' }])],
  ];
}

function expected(store: Stores): [name: string, durability: Durability][] {
  return [
    ...writesOfKinds(store).map(([kind]): [string, Durability] => [kind, ARTIFACT_KINDS[kind]]),
    ...otherWrites(store).map(([name]): [string, Durability] => [name, WRITES[name]]),
  ];
}

async function prepare({ artifacts }: Stores): Promise<void> {
  const unmarked = { payload: {}, expiresAt };
  for (const id of ['consumed', 'committed', 'ended']) await artifacts.upsert(LOCAL, id, unmarked);
}

describe('Durability of acknowledged writes, as the table of the port says', () => {
  it('R06 in Redis: durable writes are rejected while a replica is required and none is connected', async function () {
    await needRedis(this);
    const server: RedisServer = await startRedis();
    const store = await openStore(`redis://127.0.0.1:${server.port}?wait=1`, { clock: Date.now });
    try {
      await prepare(store);
      const attempt = async (run: () => Promise<unknown>): Promise<Durability> => {
        try {
          await run();
          return 'local';
        } catch (error) {
          assert.ok(error instanceof StoreUnavailableError);
          return 'durable';
        }
      };
      const found = await Promise.all(
        writesOfKinds(store).map(
          async ([kind, run]): Promise<[string, Durability]> => [kind, await attempt(run)],
        ),
      );
      // Each rejection takes the whole time-out. Writes of one name follow each other: an account is created, changed, removed.
      const others = Map.groupBy(otherWrites(store), ([name]) => name);
      const inOrder = [...others.values()].map(async (writes) => {
        const outcomes: [string, Durability][] = [];
        for (const [name, run] of writes) outcomes.push([name, await attempt(run)]);
        return outcomes;
      });
      found.push(...(await Promise.all(inOrder)).flat());
      assert.deepEqual(found, expected(store));
    } finally {
      await store.close();
      await server.stop();
    }
  });

  it('R08 in SQLite: durable writes wait for the sync of the log, local ones do not', async () => {
    const database = await openDatabase(path('synced.db'), { now: 0, create: true });
    let disk = Promise.withResolvers<void>();
    const connection = new Connection(database, {
      sync: () => disk.promise,
      writeAgain: () => {},
      close: () => {},
    });
    const now = () => Math.floor(Date.now() / 1000);
    const sessionJobs = new SessionJobs(connection, now);
    const jobs = new SqliteJobs(connection, sessionJobs, now);
    const store: Stores = {
      artifacts: new SqliteArtifacts(connection, sessionJobs, now),
      accounts: new SqliteAccounts(connection, sessionJobs, jobs),
      clients: new SqliteClients(connection),
      signingKeys: new SqliteSigningKeys(connection),
      jobs,
      audit: new SqliteAudit(connection),
      counters: new SqliteCounters(connection, now),
    };
    await prepare(store);
    const attempt = async (run: () => Promise<unknown>): Promise<Durability> => {
      disk = Promise.withResolvers();
      const running = run();
      const first = await Promise.race([running.then((): Durability => 'local'), settledWithoutDisk()]);
      disk.resolve();
      await running;
      return first;
    };
    const found: [string, Durability][] = [];
    for (const [name, run] of [...writesOfKinds(store), ...otherWrites(store)])
      found.push([name, await attempt(run)]);
    await connection.close();
    assert.deepEqual(found, expected(store));
  });

  const path = temporaryDirectory();
});

/** More turns of the event loop than a transaction takes. */
async function settledWithoutDisk(): Promise<Durability> {
  for (let n = 0; n < 5; n++) await turn();
  return 'durable';
}
