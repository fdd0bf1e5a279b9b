import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open.ts';
import type { DumpRecord, Store } from '../../src/store/store.ts';
import type { RedisCluster } from '../support/redis-cluster.ts';
import { sharedCluster } from '../support/shared-cluster.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { accountNamed } from './account-records.ts';
import { TestClock } from './store-test.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { assertSame, COUNTS, countRecords, fill } from './transfer-sample.ts';
import { isGrantRevoked } from './grant-probe.ts';

/** Several pages of a dump. */
const MANY = 1500;

describe('Transfer between SQLite and Redis', function () {
  this.timeout(60_000);
  const path = temporaryDirectory();
  const clock = new TestClock();
  const opened: Store[] = [];
  let files = 0;
  const open = async (address: string): Promise<Store> => {
    const store = await openStore(address, { clock: clock.milliseconds });
    opened.push(store);
    return store;
  };
  const newSqlite = () => open(`sqlite:${path(`${files++}.db`)}`);

  before(async function () {
    await needRedis(this);
  });
  afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())));

  async function move(from: Store, to: Store, counts = COUNTS): Promise<void> {
    const loaded = await to.transfer.load(from.transfer.dump());
    const stored = Object.entries(loaded).map(([type, outcome]) => [type, outcome.stored]);
    assert.deepEqual(Object.fromEntries(stored), counts);
    for (const { expired, ended, repeated } of Object.values(loaded)) {
      assert.deepEqual([expired, ended, repeated], [0, 0, 0]);
    }
    assert.deepEqual(await countRecords(to.transfer.dump()), counts);
  }

  describe('with one Redis', () => {
    let server: RedisServer;
    before(async () => {
      server = await startRedis();
    });
    after(() => server?.stop());

    const newRedis = async (): Promise<Store> => {
      await server.command('flushall');
      return open(`redis://127.0.0.1:${server.port}`);
    };

    it('moves everything from SQLite', async () => {
      const [from, to] = [await newSqlite(), await newRedis()];
      await fill(from, clock.now);
      await move(from, to);
      await assertSame(to, clock.now);
    });

    it('moves everything to SQLite', async () => {
      const [from, to] = [await newRedis(), await newSqlite()];
      await fill(from, clock.now);
      await move(from, to);
      await assertSame(to, clock.now);
    });

    it('moves everything from SQLite to Redis and back', async () => {
      const [from, between, to] = [await newSqlite(), await newRedis(), await newSqlite()];
      await fill(from, clock.now);
      await move(from, between);
      await move(between, to);
      await assertSame(to, clock.now);
    });

    it('leaves out artifacts that were revoked before the dump', async () => {
      const [from, to] = [await newRedis(), await newSqlite()];
      await fill(from, clock.now);
      await from.artifacts.revokeAccount('id-of-alice', clock.now + 500);
      await from.artifacts.destroyByGrant('RefreshToken', 'grant');
      await move(from, to, { ...COUNTS, artifact: 4, tombstone: 2 });
      assert.equal(await isGrantRevoked(to.artifacts, 'grant'), true);
      assert.equal(await to.artifacts.find('Session', 'session'), undefined);
    });

    it('leaves out artifacts under a grant that was revoked during the dump', async () => {
      const [from, to] = [await newSqlite(), await newRedis()];
      await from.artifacts.upsert('AccessToken', 'a', {
        payload: {},
        expiresAt: clock.now + 9,
        grantId: 'g',
      });
      const [artifact] = await Array.fromAsync(from.transfer.dump());
      await from.artifacts.revokeGrant('g', clock.now + 9);
      const [tombstone] = await Array.fromAsync(from.transfer.dump());
      assert.ok(artifact && tombstone);
      const loaded = await to.transfer.load(toAsync([artifact, tombstone]));
      assert.deepEqual(loaded.artifact, { stored: 0, expired: 0, ended: 1, repeated: 0 });
      assert.equal(await to.artifacts.find('AccessToken', 'a'), undefined);
    });

    it('counts repeated records', async () => {
      const [from, to] = [await newSqlite(), await newRedis()];
      await fill(from, clock.now);
      const records = await Array.fromAsync(from.transfer.dump());
      const twice = records.flatMap((record): DumpRecord[] =>
        record.type === 'account' ? [record, record] : [record],
      );
      const { account } = await to.transfer.load(toAsync([...twice, ...records.slice(0, 9)]));
      assert.deepEqual(account, { stored: 2, expired: 0, ended: 0, repeated: 2 });
      await assertSame(to, clock.now);
    });

    it('rejects a Redis that is not empty', async () => {
      const [from, to] = [await newSqlite(), await newRedis()];
      await to.ping();
      await to.transfer.load(toAsync([]));
      await to.artifacts.revokeGrant('g', clock.now + 9);
      await assert.rejects(to.transfer.load(from.transfer.dump()), { name: 'ConflictError' });
    });

    it('warns that Redis may be partly filled when the dump fails', async () => {
      const to = await newRedis();
      await assert.rejects(
        to.transfer.load(breakOff()),
        /^StoreUnavailableError: broke off \(.*empty it before/,
      );
    });

    it('dumps everything acknowledged before, while other writes continue', async () => {
      const from = await newRedis();
      const names = Array.from({ length: MANY }, (_, index) => `person-${index}`);
      for (let start = 0; start < names.length; start += 100) {
        await Promise.all(
          names.slice(start, start + 100).map((name) => from.accounts.create(accountNamed(name))),
        );
      }
      const [seen, stop] = [new Set<string>(), new AbortController()];
      const writer = (async () => {
        for (let n = 0; !stop.signal.aborted; n++) {
          await from.accounts.create(accountNamed(`later-${n}`));
          await from.accounts.update(`person-${n % MANY}`, () => ({ username: `aaa-${n}` }));
          await from.artifacts.createOnce('ReplayDetection', `${n}`, clock.now + 9);
          await from.accounts.remove(`later-${n}`);
        }
      })();
      for await (const record of from.transfer.dump())
        if (record.type === 'account') seen.add(record.account.id);
      stop.abort();
      await writer;
      assert.deepEqual(
        names.filter((name) => !seen.has(name)),
        [],
      );
    });
  });

  describe('with a cluster', () => {
    let cluster: RedisCluster;
    before(async () => {
      cluster = await sharedCluster();
    });

    it('moves everything from SQLite and back', async () => {
      await cluster.flush();
      const [from, between, to] = [await newSqlite(), await open(cluster.address), await newSqlite()];
      await fill(from, clock.now);
      await move(from, between);
      await move(between, to);
      await assertSame(between, clock.now);
      await assertSame(to, clock.now);
    });
  });
});

async function* toAsync(records: readonly DumpRecord[]): AsyncGenerator<DumpRecord> {
  yield* records;
}

// oxlint-disable-next-line require-yield -- it fails before its first record
async function* breakOff(): AsyncGenerator<DumpRecord> {
  throw new Error('broke off');
}
