import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreOpenError, StoreUnavailableError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import { Database } from '../../src/store/sqlite/driver.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { MIGRATIONS } from '../../src/store/sqlite/schema.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const EXPIRES_AT = 1_800_000_060;
const options = { clock: () => 1_800_000_000_000 };

describe('A locked SQLite database', () => {
  const path = temporaryDirectory();

  it('rejects writes within a second, and does not block reads and the event loop', async () => {
    const store = await openStore(`sqlite:${path('locked.db')}`, options);
    await store.artifacts.upsert('Session', 's', { payload: {}, expiresAt: EXPIRES_AT });
    const other = new Database(path('locked.db'), 0);
    other.exec('BEGIN IMMEDIATE');
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 10);
    await assert.rejects(store.artifacts.destroy('Session', 's'), StoreUnavailableError);
    clearInterval(ticking);
    assert.ok(ticks > 5, 'the event loop was not blocked');
    assert.deepEqual(await store.artifacts.find('Session', 's'), {});
    other.exec('ROLLBACK');
    await store.artifacts.destroy('Session', 's');
    assert.equal(await store.artifacts.find('Session', 's'), undefined);
    other.close();
    await store.close();
  });

  it('carries out writes that waited for a short lock, in order', async () => {
    const store = await openStore(`sqlite:${path('short.db')}`, options);
    const other = new Database(path('short.db'), 0);
    other.exec('BEGIN IMMEDIATE');
    const writes = [1, 2, 3].map((n) =>
      store.artifacts.upsert('Session', 's', { payload: { n }, expiresAt: EXPIRES_AT }),
    );
    await delay(50);
    const late = store.artifacts.upsert('Session', 's', { payload: { n: 4 }, expiresAt: EXPIRES_AT });
    other.exec('ROLLBACK');
    await Promise.all([...writes, late]);
    assert.deepEqual(await store.artifacts.find('Session', 's'), { n: 4 });
    other.close();
    await store.close();
  });

  it('rejects all queued writes when they are more than one batch', async () => {
    const store = await openStore(`sqlite:${path('many.db')}`, options);
    const other = new Database(path('many.db'), 0);
    other.exec('BEGIN IMMEDIATE');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, n) =>
        store.artifacts.createOnce('ReplayDetection', `${n}`, EXPIRES_AT),
      ),
    );
    other.exec('ROLLBACK');
    other.close();
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'rejected' && outcome.reason instanceof StoreUnavailableError);
    }
    assert.equal(await store.artifacts.createOnce('ReplayDetection', '999', EXPIRES_AT), true);
    await store.close();
  });

  it('cannot be opened, and fails in time', async () => {
    const other = new Database(path('opening.db'), 0);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    await assert.rejects(openStore(`sqlite:${path('opening.db')}`, options), (error: unknown) => {
      assert.ok(error instanceof StoreOpenError);
      assert.match(
        error.message,
        /opening\.db is locked by another program: end that program and start again$/,
      );
      return true;
    });
    other.close();
  });

  it('is waited for by a process that has to migrate it, and the operator is told once', async () => {
    const file = path('migrating.db');
    const other = new Database(file, 0);
    other.exec('PRAGMA journal_mode = WAL');
    migrate(other, MIGRATIONS.slice(0, 4), 100);
    other.exec('BEGIN IMMEDIATE');
    const told: string[] = [];
    const onWait = (message: string) => {
      told.push(message);
      setTimeout(() => {
        other.exec('ROLLBACK');
        other.close();
      }, 60);
    };
    const store = await openStore(`sqlite:${file}`, { clock: Date.now, onWait });
    await store.close();
    assert.deepEqual(told, [
      `another process has locked the database ${file}, probably to migrate it: waiting until it has ended`,
    ]);
  });
});
