import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open.ts';
import type { DumpRecord, Store } from '../../src/store/store.ts';
import { TestClock } from './store-test.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { assertSame, COUNTS, countRecords, fill } from './transfer-sample.ts';

describe('Transfer from SQLite to SQLite', () => {
  const path = temporaryDirectory();
  const clock = new TestClock();
  const opened: Store[] = [];
  let files = 0;
  const newStore = async (): Promise<Store> => {
    const store = await openStore(`sqlite:${path(`${files++}.db`)}`, { clock: clock.milliseconds });
    opened.push(store);
    return store;
  };
  let from: Store;
  let to: Store;

  beforeEach(async () => {
    clock.now = 1_800_000_000;
    [from, to] = [await newStore(), await newStore()];
    await fill(from, clock.now);
  });
  afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())));

  it('moves everything', async () => {
    const loaded = await to.transfer.load(from.transfer.dump());
    for (const [type, { stored, ...leftOut }] of Object.entries(loaded)) {
      assert.deepEqual([stored, leftOut], [COUNTS[type as DumpRecord['type']], NOTHING], type);
    }
    assert.deepEqual(await countRecords(to.transfer.dump()), COUNTS);
    await assertSame(to, clock.now);
  });

  it('leaves out records that have expired since the dump', async () => {
    const records = await Array.fromAsync(from.transfer.dump());
    clock.advance(10);
    const { artifact } = await to.transfer.load(toAsync(records));
    assert.deepEqual(artifact, { ...NOTHING, stored: COUNTS.artifact - 1, expired: 1 });
    assert.equal((await countRecords(from.transfer.dump())).artifact, COUNTS.artifact - 1);
  });

  it('leaves out artifacts under a grant that was revoked during the dump', async () => {
    const { id, grant, ...artifact } = await firstArtifactWithGrant(from);
    const tombstone: DumpRecord = { type: 'tombstone', id: grant, expiresAt: clock.now + 9 };
    const loaded = await to.transfer.load(toAsync([{ ...artifact, grant, id }, tombstone]));
    assert.deepEqual(loaded.artifact, { ...NOTHING, stored: 0, ended: 1 });
    assert.deepEqual(await countRecords(to.transfer.dump()), { tombstone: 1 });
  });

  it('gives a second key to the younger of two artifacts when the source store has it only once', async () => {
    const sessions = (await Array.fromAsync(from.transfer.dump())).filter(
      (record) => record.type === 'artifact' && record.kind === 'Session' && record.alias !== undefined,
    );
    const [older, younger] = sessions as Extract<DumpRecord, { type: 'artifact' }>[];
    assert.ok(older && younger);
    await to.transfer.load(toAsync([younger, { ...older, alias: younger.alias }]));
    assert.deepEqual(await to.artifacts.findByUid('Session', 'uid'), { n: 1 });
    assert.deepEqual(await to.artifacts.find('Session', 'old session'), { n: 0 });
  });

  it('counts repeated records', async () => {
    const records = await Array.fromAsync(from.transfer.dump());
    const repeatable = records.filter(({ type }) => type !== 'audit event');
    const loaded = await to.transfer.load(toAsync([...repeatable, ...repeatable]));
    assert.deepEqual(loaded.account, { ...NOTHING, stored: 2, repeated: 2 });
    assert.deepEqual(loaded.artifact, { ...NOTHING, stored: COUNTS.artifact, repeated: COUNTS.artifact });
  });

  it('rejects a store that is not empty', async () => {
    await to.artifacts.createOnce('ReplayDetection', 'jti', clock.now + 1);
    await assert.rejects(to.transfer.load(from.transfer.dump()), {
      name: 'ConflictError',
      message: 'the store is not empty: name an empty one',
    });
  });

  it('writes nothing when the dump fails', async () => {
    await assert.rejects(to.transfer.load(breakOff(from.transfer.dump())), /broke off/);
    assert.deepEqual(await countRecords(to.transfer.dump()), {});
  });

  it('dumps a consistent snapshot while other writes continue', async () => {
    const dump = from.transfer.dump();
    const seen: DumpRecord[] = [];
    for await (const record of dump) {
      if (seen.length === 0) {
        await from.artifacts.revokeGrant('grant', clock.now + 9);
        await from.accounts.remove('id-of-bob');
        await from.artifacts.createOnce('ReplayDetection', 'later', clock.now + 9);
      }
      seen.push(record);
    }
    assert.deepEqual(await countRecords(toAsync(seen)), COUNTS);
  });

  it('contains no id, uid, user code or payload in plain text', async () => {
    const text = JSON.stringify(await Array.fromAsync(from.transfer.dump()));
    for (const secret of ['of an ended grant', 'old session', 'soon over', 'ABCD-EFGH', '"uid"', '"n":2']) {
      assert.ok(!text.includes(secret), secret);
    }
  });
});

const NOTHING = { expired: 0, ended: 0, repeated: 0 };

async function firstArtifactWithGrant(store: Store) {
  for await (const record of store.transfer.dump()) {
    if (record.type === 'artifact' && record.grant !== undefined) return { ...record, grant: record.grant };
  }
  throw new Error('there is none');
}

async function* toAsync(records: readonly DumpRecord[]): AsyncGenerator<DumpRecord> {
  yield* records;
}

async function* breakOff(records: AsyncIterable<DumpRecord>): AsyncGenerator<DumpRecord> {
  let count = 0;
  for await (const record of records) {
    if (count++ === 5) throw new Error('broke off');
    yield record;
  }
}
