import assert from 'node:assert/strict';
import { createCounts, type StoreCounts } from '../../src/store/port/counts.ts';
import { openStore } from '../../src/store/open.ts';
import type { AccountRecord, ArtifactKind, ArtifactStore, Store } from '../../src/store/store.ts';
import { Database } from '../../src/store/sqlite/driver.ts';
import { RecordCache } from '../../src/store/sqlite/record-cache.ts';
import { TestClock } from './store-test.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const KIND: ArtifactKind = 'Session';

const ACCOUNT: AccountRecord = {
  id: 'a',
  username: 'anna',
  passwordHash: undefined,
  claims: { address: { locality: 'Bern' } },
  disabled: false,
  generation: 0,
  createdAt: 1,
  updatedAt: 1,
};

describe('Cache of records', () => {
  const path = temporaryDirectory();
  let opened = 0;
  let clock: TestClock;
  let store: Store;
  let other: Store;

  /** Two connections of one file, as two processes have them. */
  beforeEach(async () => {
    clock = new TestClock();
    const address = `sqlite:${path(`${opened++}.db`)}`;
    store = await openStore(address, { clock: clock.milliseconds });
    other = await openStore(address, { clock: clock.milliseconds });
  });
  afterEach(async () => {
    await store.close();
    await other.close();
  });

  const write = (n: number, more: object = {}) => ({
    kind: KIND,
    id: 's',
    write: { payload: { n }, expiresAt: clock.now + 60, ...more },
  });
  const find = () => store.artifacts.find(KIND, 's');

  const changes: Record<string, { change: (artifacts: ArtifactStore) => Promise<unknown>; left?: object }> = {
    'has written it again': {
      change: (artifacts) => artifacts.commit({ writes: [write(2)] }),
      left: { n: 2 },
    },
    'has consumed it': {
      change: (artifacts) => artifacts.consume(KIND, 's'),
      left: { n: 1, consumed: new TestClock().now },
    },
    'has destroyed it': { change: (artifacts) => artifacts.destroy(KIND, 's') },
    'has destroyed it by its grant': { change: (artifacts) => artifacts.destroyByGrant(KIND, 'g') },
    'has revoked its grant': { change: (artifacts) => artifacts.revokeGrant('g', clock.now + 60) },
    'has revoked its account': {
      change: async (artifacts) => {
        await artifacts.upsert('Grant', 'g', { payload: {}, expiresAt: clock.now + 60, accountId: 'a' });
        await artifacts.revokeAccount('a', clock.now + 60);
      },
    },
  };
  for (const [what, { change, left }] of Object.entries(changes)) {
    for (const who of ['this', 'another'] as const)
      it(`has no artifact as it was before ${who} connection ${what}`, async () => {
        await store.artifacts.commit({ writes: [write(1, { grantId: 'g' })] });
        for (let times = 0; times < 2; times += 1) assert.deepEqual(await find(), { n: 1 });
        await change((who === 'this' ? store : other).artifacts);
        assert.deepEqual(await find(), left);
      });
  }

  it('has no account that was changed or removed', async () => {
    for (const changed of [store, other]) {
      await store.accounts.create(ACCOUNT);
      assert.deepEqual(await store.accounts.find('a'), ACCOUNT);
      await changed.accounts.update('a', () => ({ disabled: true, generation: 1 }));
      assert.deepEqual(await store.accounts.find('a'), { ...ACCOUNT, disabled: true, generation: 1 });
      await changed.accounts.remove('a');
      assert.equal(await store.accounts.find('a'), undefined);
    }
  });

  it('has nothing that has expired', async () => {
    await store.artifacts.commit({ writes: [write(1, { uid: 'u' })] });
    assert.deepEqual(await find(), { n: 1 });
    assert.deepEqual(await store.artifacts.findByUid(KIND, 'u'), { n: 1 });
    clock.now += 60;
    assert.equal(await find(), undefined);
    assert.equal(await store.artifacts.findByUid(KIND, 'u'), undefined);
  });

  it('has nothing that was otherwise at an earlier time, to which the clock is set back', async () => {
    const { artifacts } = store;
    const byUid = () => artifacts.findByUid(KIND, 'u');
    const consumedAt = clock.now;
    await artifacts.commit({ writes: [write(1)] });
    await artifacts.consume(KIND, 's');
    await artifacts.commit({ writes: [{ ...write(2, { uid: 'u' }), id: 'older' }] });
    await artifacts.commit({
      writes: [{ ...write(3, { uid: 'u', expiresAt: clock.now + 30 }), id: 'newer' }],
    });
    clock.now += 31;
    assert.deepEqual(await byUid(), { n: 2 });
    clock.now -= 10;
    assert.deepEqual(await byUid(), { n: 3 });
    // The mark of its consumption has expired when it is written again.
    clock.now = consumedAt + 60;
    await artifacts.commit({ writes: [write(4)] });
    assert.deepEqual(await find(), { n: 4 });
    clock.now -= 1;
    assert.deepEqual(await find(), { n: 4, consumed: consumedAt });
  });

  it('has one artifact for all ids that are the same in UTF-8', async () => {
    const { artifacts } = store;
    const ids = ['\uD800', '\uDBFF', '\uFFFD'];
    for (const [n, id] of ids.entries()) {
      await artifacts.commit({ writes: [{ ...write(n, { uid: id }), id }] });
      for (const other of ids) {
        assert.deepEqual(await artifacts.find(KIND, other), { n });
        assert.deepEqual(await artifacts.findByUid(KIND, other), { n });
      }
    }
    await artifacts.destroy(KIND, '\uFFFD');
    for (const other of ids) assert.equal(await artifacts.find(KIND, other), undefined);
  });

  it('leads from a second key to the artifact that has it now', async () => {
    const { artifacts } = store;
    const byUid = () => artifacts.findByUid(KIND, 'u');
    await artifacts.commit({ writes: [write(1, { uid: 'u' })] });
    for (let times = 0; times < 2; times += 1) assert.deepEqual(await byUid(), { n: 1 });
    // A session that changes its id keeps its uid.
    await artifacts.commit({ writes: [{ ...write(5, { uid: 'u' }), id: 'newer' }] });
    assert.deepEqual(await byUid(), { n: 5 });
    await artifacts.destroy(KIND, 'newer');
    assert.deepEqual(await byUid(), { n: 1 });
    // The artifact loses the key, another one gets it, is destroyed, and the first gets it again.
    await artifacts.commit({ writes: [write(2)] });
    assert.equal(await byUid(), undefined);
    await artifacts.commit({ writes: [{ ...write(3, { uid: 'u' }), id: 't' }] });
    for (let times = 0; times < 2; times += 1) assert.deepEqual(await byUid(), { n: 3 });
    await artifacts.destroy(KIND, 't');
    assert.equal(await byUid(), undefined);
    await artifacts.commit({ writes: [write(4, { uid: 'u' })] });
    for (let times = 0; times < 2; times += 1) assert.deepEqual(await byUid(), { n: 4 });
    assert.equal(await artifacts.findByUid('Grant', 'u'), undefined);
    assert.equal(await artifacts.findByUserCode(KIND, 'u'), undefined);
  });

  it('knows that an artifact which is written again was consumed', async () => {
    const { artifacts } = store;
    await artifacts.commit({ writes: [write(1)] });
    await find();
    await artifacts.consume(KIND, 's');
    await artifacts.destroy(KIND, 's');
    await artifacts.commit({ writes: [write(2)] });
    assert.deepEqual(await find(), { n: 2, consumed: clock.now });
  });

  it('has nothing of a transaction that was undone', async () => {
    const { artifacts } = store;
    await find();
    const refused = { ...write(1), id: 't', write: { payload: {}, expiresAt: Number.NaN } };
    await assert.rejects(artifacts.commit({ writes: [write(1), refused] }));
    assert.equal(await find(), undefined);
  });

  it('gives each caller a payload of its own, and all the same frozen account', async () => {
    await store.artifacts.commit({ writes: [write(1)] });
    Object.assign((await find()) ?? {}, { n: 2 });
    assert.deepEqual(await find(), { n: 1 });
    await store.accounts.create(ACCOUNT);
    const account = await store.accounts.find('a');
    assert.throws(() => Object.assign(account?.claims.address as object, { locality: 'Basel' }), TypeError);
    assert.equal(await store.accounts.find('a'), account);
  });

  it('is used', async () => {
    await store.artifacts.commit({ writes: [write(1)] });
    await store.accounts.create(ACCOUNT);
    const account = await store.accounts.find('a');
    // A read of the file gives a new object.
    assert.equal(await store.accounts.find('a'), account);
    const before = store.counts.reads;
    await find();
    assert.equal(store.counts.reads, before + 1);
  });

  it('has as much as its limit', () => {
    const database = new Database(':memory:', 0);
    const counts: StoreCounts = createCounts();
    const cache = new RecordCache(database, counts);
    const keep = (id: string, text: string) =>
      cache.keepArtifact(KIND, id, { text, version: 'v', expiresAt: 1 }, 0);
    keep('long', 'x'.repeat(100_000));
    assert.equal(cache.findArtifact(KIND, 'long', 0), undefined);
    for (let n = 0; n < 1500; n += 1) keep(`${n}`, '{}');
    assert.equal(cache.size, 1024);
    assert.equal(cache.findArtifact(KIND, '0', 0), undefined);
    assert.equal(cache.findArtifact(KIND, '1499', 0)?.text, '{}');
    assert.equal(counts.reads, 1);
    database.close();
  });
});
