import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { install } from '@sinonjs/fake-timers';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import type { Durability } from '../../src/store/port/artifact-kinds.ts';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { Database } from '../../src/store/sqlite/driver.ts';
import { openWriteAheadLog, type WriteAheadLog } from '../../src/store/sqlite/write-ahead-log.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const options = { clock: () => 1_800_000_000_000 };

/** A log whose syncs are ended by the test. */
class HeldLog implements WriteAheadLog {
  readonly syncs: PromiseWithResolvers<void>[] = [];
  readonly events: string[] = [];
  isWritable = true;

  sync(): Promise<void> {
    this.events.push('sync');
    const held = Promise.withResolvers<void>();
    this.syncs.push(held);
    return held.promise;
  }

  writeAgain(): void {
    if (!this.isWritable) throw new Error('EIO: i/o error, write');
    this.events.push('written again');
  }

  close(): void {
    this.events.push('closed');
  }
}

describe('A write to the SQLite store', () => {
  const path = temporaryDirectory();
  let log: HeldLog;
  let connection: Connection;
  let answers: string[];
  beforeEach(() => {
    const database = new Database(path('notes.db'), 0);
    database.exec('PRAGMA journal_mode = WAL; DROP TABLE IF EXISTS notes; CREATE TABLE notes (text TEXT)');
    log = new HeldLog();
    connection = new Connection(database, log);
    answers = [];
  });
  afterEach(async () => {
    const closed = connection.close();
    for (let isOpen = true; isOpen; isOpen = !log.events.includes('closed')) {
      for (const { resolve } of log.syncs) resolve();
      await turn();
    }
    await closed;
  });

  /** Commits one write and records its outcome under a name. */
  async function commit(
    name: string,
    sql: string,
    { how = 'run', durability = 'durable' }: { how?: 'run' | 'get'; durability?: Durability } = {},
  ): Promise<void> {
    const statement = connection.prepare(sql);
    void connection
      .write(() => statement[how](), durability)
      .then(
        () => answers.push(`${name} done`),
        (error: unknown) => {
          assert.ok(error instanceof StoreUnavailableError, String(error));
          answers.push(`${name} rejected`);
        },
      );
    await turns();
  }

  async function turns(): Promise<void> {
    for (let n = 0; n < 4; n++) await turn();
  }

  async function finish(sync: number, error?: Error): Promise<void> {
    if (error) log.syncs[sync]?.reject(error);
    else log.syncs[sync]?.resolve();
    await turns();
  }

  function countNotes(): Promise<number | undefined> {
    const count = connection.prepare<{ n: number }>('SELECT count(*) AS n FROM notes');
    return connection.read(() => count.get()?.n);
  }

  const INSERT = "INSERT INTO notes VALUES ('x')";
  const EIO = new Error('EIO: i/o error, fdatasync');

  it('is acknowledged when it is on the disk; writes that arrive during a sync share the next one', async () => {
    await commit('1', INSERT);
    await commit('2', INSERT);
    await commit('3', INSERT);
    assert.equal(await countNotes(), 3);
    assert.deepEqual([answers, log.events], [[], ['sync']]);
    await finish(0);
    assert.deepEqual([answers, log.events], [['1 done'], ['sync', 'sync']]);
    await finish(1);
    assert.deepEqual(
      [answers, log.events],
      [
        ['1 done', '2 done', '3 done'],
        ['sync', 'sync'],
      ],
    );
  });

  it('waits for the disk also when it changed nothing, or returns rows', async () => {
    await commit('delete', 'DELETE FROM notes');
    assert.deepEqual([answers, log.events], [[], ['sync']]);
    await finish(0);
    await commit('returning', `${INSERT} RETURNING text`, { how: 'get' });
    assert.deepEqual([answers, log.events], [['delete done'], ['sync', 'sync']]);
    await finish(1);
    assert.deepEqual(answers, ['delete done', 'returning done']);
  });

  it('is rejected when its sync fails, with all writes after it in the log', async () => {
    await commit('1', INSERT);
    await commit('2', INSERT);
    await finish(0, EIO);
    assert.deepEqual([answers, log.events], [['1 rejected', '2 rejected'], ['sync']]);
  });

  it('is acknowledged after a failed sync only when the log was written again', async () => {
    await commit('1', INSERT);
    await finish(0, EIO);
    log.isWritable = false;
    await commit('2', INSERT);
    assert.deepEqual([answers, log.events], [['1 rejected', '2 rejected'], ['sync']]);
    assert.equal(await countNotes(), 1);
    log.isWritable = true;
    await commit('3', INSERT);
    await finish(1);
    await commit('4', INSERT);
    assert.deepEqual(answers, ['1 rejected', '2 rejected', '3 done']);
    assert.deepEqual(log.events, ['sync', 'written again', 'sync', 'sync']);
  });

  const local = { durability: 'local' } as const;

  it('that is local is acknowledged by its commit, without a sync, also beside durable ones', async () => {
    await commit('1', INSERT, local);
    assert.deepEqual([answers, log.events], [['1 done'], []]);
    const statement = connection.prepare(INSERT);
    const batch = (['durable', 'local', 'durable'] as const).map((durability, index) =>
      connection
        .write(() => statement.run(), durability)
        .then(() => answers.push(`${durability} ${index} done`)),
    );
    await turns();
    assert.deepEqual([answers, log.events], [['1 done', 'local 1 done'], ['sync']]);
    await finish(0);
    await Promise.all(batch);
    assert.deepEqual(answers, ['1 done', 'local 1 done', 'durable 0 done', 'durable 2 done']);
    assert.equal(await countNotes(), 4);
  });

  it('that is local is on the disk a second later, or earlier with a durable one', async () => {
    const clock = install({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      await commit('1', INSERT, local);
      await commit('2', INSERT, local);
      clock.tick(999);
      await turns();
      assert.deepEqual(log.events, []);
      clock.tick(1);
      await turns();
      assert.deepEqual(log.events, ['sync']);
      await finish(0);
      await commit('3', INSERT, local);
      await commit('4', INSERT);
      await finish(1);
      clock.tick(5000);
      await turns();
      assert.deepEqual(log.events, ['sync', 'sync']);
      assert.deepEqual(answers, ['1 done', '2 done', '3 done', '4 done']);
    } finally {
      clock.uninstall();
    }
  });

  it('that is local is written again after a sync that failed, like any other', async () => {
    await commit('1', INSERT, local);
    await commit('2', INSERT);
    await finish(0, EIO);
    log.isWritable = false;
    await commit('3', INSERT, local);
    assert.deepEqual(answers, ['1 done', '2 rejected', '3 rejected']);
    log.isWritable = true;
    await commit('4', INSERT, local);
    assert.deepEqual(answers.at(-1), '4 done');
    assert.deepEqual(log.events, ['sync', 'written again']);
  });

  it('is on the disk before the store is closed', async () => {
    await commit('1', INSERT);
    void connection.close();
    await turns();
    assert.deepEqual([answers, log.events], [[], ['sync']]);
  });
});

describe('The log of an SQLite store', () => {
  const path = temporaryDirectory();

  it('is beside the target of a symbolic link', async () => {
    await (await openStore(`sqlite:${path('target.db')}`, options)).close();
    symlinkSync(path('target.db'), path('link.db'));
    const store = await openStore(`sqlite:${path('link.db')}`, options);
    await store.ping();
    await store.close();
  });

  it('is unchanged when it is written again', async () => {
    const store = await openStore(`sqlite:${path('again.db')}`, options);
    await store.ping();
    const log = openWriteAheadLog(path('again.db'));
    const before = readFileSync(path('again.db-wal'));
    log.writeAgain();
    await log.sync();
    log.close();
    assert.ok(before.length > 0);
    assert.deepEqual(readFileSync(path('again.db-wal')), before);
    await store.close();
  });
});
