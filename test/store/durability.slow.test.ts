import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import { ALL_ARTIFACT_KINDS, ARTIFACT_KINDS } from '../../src/store/port/artifact-kinds.ts';
import { SqliteArtifacts } from '../../src/store/sqlite/artifacts.ts';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { openDatabase } from '../../src/store/sqlite/open-database.ts';
import type { ArtifactKind, ArtifactStore } from '../../src/store/store.ts';
import { accountNamed } from './account-records.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const expiresAt = Math.floor(Date.now() / 1000) + 60;

function writeEveryKind(artifacts: ArtifactStore): Promise<PromiseSettledResult<void>[]> {
  return Promise.allSettled(
    ALL_ARTIFACT_KINDS.map((kind) => artifacts.upsert(kind, 'id', { payload: {}, expiresAt, grantId: 'g' })),
  );
}

describe('Durability of acknowledged writes', () => {
  describe('in Redis, with a replica required and none connected', () => {
    let server: RedisServer;
    before(async function () {
      await needRedis(this);
      server = await startRedis();
    });
    after(() => server?.stop());

    it('rejects writes of replicated kinds and accepts those of local kinds', async () => {
      const store = await openStore(`redis://127.0.0.1:${server.port}?wait=1`, { clock: Date.now });
      const outcomes = await writeEveryKind(store.artifacts);
      const found = ALL_ARTIFACT_KINDS.map((kind, index) => [kind, durabilityOf(outcomes[index])]);
      assert.deepEqual(Object.fromEntries(found), ARTIFACT_KINDS);
      await store.close();
    });

    it('rejects consumption, replay ids, destruction, revocation, and writes of accounts, clients and signing keys', async () => {
      const store = await openStore(`redis://127.0.0.1:${server.port}?wait=1`, { clock: Date.now });
      const { artifacts, accounts, clients, signingKeys } = store;
      const local: ArtifactKind = 'AuthorizationCode';
      await artifacts.upsert(local, 'code', { payload: {}, expiresAt });
      const client = { id: 'web', instance: 'i', metadata: {}, secrets: [], source: 'added' } as const;
      const outcomes = await Promise.allSettled([
        artifacts.consume(local, 'code'),
        artifacts.createOnce('ReplayDetection', 'jti', expiresAt),
        artifacts.destroy(local, 'code'),
        artifacts.destroyByGrant(local, 'g'),
        artifacts.revokeGrant('g', expiresAt),
        artifacts.revokeAccount('alice', expiresAt),
        accounts.create(accountNamed('alice')),
        clients.create({ ...client, secrets: [], createdAt: 0, updatedAt: 0 }),
        signingKeys.put({ kid: 'k', sealed: 's', createdAt: 0 }),
      ]);
      assert.deepEqual(new Set(outcomes.map(durabilityOf)), new Set(['replicated']));
      await store.close();
    });
  });

  describe('in SQLite', () => {
    const path = temporaryDirectory();

    it('acknowledges a write of any kind only after the sync of the log', async () => {
      const database = await openDatabase(path('synced.db'), { now: 0, create: true });
      const disk = Promise.withResolvers<void>();
      const connection = new Connection(database, {
        sync: () => disk.promise,
        writeAgain: () => {},
        close: () => {},
      });
      let acknowledged = 0;
      const artifacts = new SqliteArtifacts(connection, () => 0);
      const writes = ALL_ARTIFACT_KINDS.map(async (kind) => {
        await artifacts.upsert(kind, 'id', { payload: {}, expiresAt });
        acknowledged += 1;
      });
      await delay(50);
      assert.equal(acknowledged, 0);
      disk.resolve();
      await Promise.all(writes);
      await connection.close();
    });
  });
});

function durabilityOf(outcome: PromiseSettledResult<unknown> | undefined): 'replicated' | 'local' {
  if (outcome?.status === 'fulfilled') return 'local';
  assert.ok(outcome?.reason instanceof StoreUnavailableError);
  return 'replicated';
}
