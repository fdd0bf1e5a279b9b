import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open.ts';
import { Database } from '../../src/store/sqlite/driver.ts';
import { describeStoreContract } from './contract.ts';
import { type StoreTest, TestClock } from './store-test.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { isGrantRevoked } from './grant-probe.ts';

describe('SQLite store', () => {
  const path = temporaryDirectory();
  let opened = 0;

  describeStoreContract('SQLite in a file', (clock) =>
    openStore(`sqlite:${path(`${opened++}.db`)}`, { clock }),
  );

  async function withStore(file: string, body: (test: StoreTest) => Promise<void>): Promise<void> {
    const clock = new TestClock();
    const store = await openStore(`sqlite:${path(file)}`, { clock: clock.milliseconds });
    try {
      await body({ store, clock });
    } finally {
      await store.close();
    }
  }

  it('keeps everything across a restart', async () => {
    await withStore('restart.db', async ({ store, clock }) => {
      const { artifacts } = store;
      const expiresAt = clock.now + 60;
      await artifacts.upsert('Session', 's', { payload: { n: 1 }, expiresAt, uid: 'u' });
      await artifacts.upsert('RefreshToken', 'r', { payload: {}, expiresAt, grantId: 'g' });
      await artifacts.consume('RefreshToken', 'r');
      await artifacts.createOnce('ReplayDetection', 'jti', expiresAt);
      await artifacts.revokeGrant('h', expiresAt);
      await store.audit.append([{ at: 1, type: 'test' }]);
      await store.counters.add([{ key: 'attempts', lifetime: 60 }]);
      void artifacts.upsert('Session', 'last', { payload: {}, expiresAt });
    });
    await withStore('restart.db', async ({ store, clock }) => {
      const { artifacts } = store;
      assert.deepEqual(await artifacts.find('Session', 's'), { n: 1 });
      assert.deepEqual(await artifacts.findByUid('Session', 'u'), { n: 1 });
      assert.deepEqual(await artifacts.find('Session', 'last'), {});
      assert.equal(await artifacts.consume('RefreshToken', 'r'), false);
      assert.equal(await artifacts.createOnce('ReplayDetection', 'jti', clock.now + 60), false);
      assert.equal(await isGrantRevoked(artifacts, 'h'), true);
      assert.equal((await store.audit.list({ limit: 1 })).length, 1);
      assert.deepEqual(await store.counters.read(['attempts']), [{ count: 1, endsAt: clock.now + 60 }]);
    });
  });

  it('sweeps tokens, marks, answers, replay ids and tombstones until none is left', async () => {
    await withStore('sweep.db', async ({ store, clock }) => {
      const { artifacts } = store;
      const expiresAt = clock.now + 60;
      for (let index = 0; index < 10; index++) {
        await artifacts.upsert('AccessToken', `token-${index}`, { payload: {}, expiresAt });
        await artifacts.commit({
          consume: { kind: 'AccessToken', id: `token-${index}`, answer: { payload: {}, expiresAt } },
        });
        await artifacts.createOnce('ReplayDetection', `jti-${index}`, expiresAt);
        await artifacts.revokeGrant(`grant-${index}`, expiresAt);
      }
      assert.equal(await store.sweep(1000), 0);
      clock.advance(60);
      assert.deepEqual(
        [await store.sweep(15), await store.sweep(1000), await store.sweep(1000)],
        [15, 35, 0],
      );
    });
    const database = new Database(path('sweep.db'), 0);
    for (const table of ['artifacts', 'consumed', 'answers', 'created_once', 'revoked_grants']) {
      const count = database.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).get();
      assert.deepEqual({ ...count }, { n: 0 }, table);
    }
    database.close();
  });

  it('syncs its log at every commit, unless a connection does so', async () => {
    const { openDatabase } = await import('../../src/store/sqlite/open-database.ts');
    const database = await openDatabase(path('pragmas.db'), { now: 0, create: true });
    const pragma = (name: string) => Object.values(database.prepare<object>(`PRAGMA ${name}`).get() ?? {})[0];
    assert.equal(pragma('journal_mode'), 'wal');
    assert.equal(pragma('synchronous'), 2);
    assert.equal(pragma('foreign_keys'), 1);
    database.close();
  });
});
