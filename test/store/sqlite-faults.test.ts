import assert from 'node:assert/strict';
import { ConflictError, GrantRevokedError, StoreUnavailableError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { Database } from '../../src/store/sqlite/driver.ts';
import { accountNamed } from './account-records.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const EXPIRES_AT = 1_800_000_060;
const options = { clock: () => 1_800_000_000_000 };

describe('A failing write', () => {
  it('does not affect the other writes of its batch', async () => {
    const store = await openStore('sqlite::memory:', options);
    const { artifacts, accounts } = store;
    await artifacts.revokeGrant('revoked', EXPIRES_AT);
    const token = (id: string, grantId: string) =>
      artifacts.upsert('AccessToken', id, { payload: {}, expiresAt: EXPIRES_AT, grantId });
    const outcomes = await Promise.allSettled([
      token('1', 'alive'),
      token('2', 'revoked'),
      accounts.create(accountNamed('alice', 'a')),
      accounts.create(accountNamed('alice', 'b')),
      token('3', 'alive'),
    ]);
    const errors = outcomes.map((outcome) =>
      outcome.status === 'rejected' ? outcome.reason.constructor : 'done',
    );
    assert.deepEqual(errors, ['done', GrantRevokedError, 'done', ConflictError, 'done']);
    assert.deepEqual(await artifacts.find('AccessToken', '1'), {});
    assert.equal(await artifacts.find('AccessToken', '2'), undefined);
    assert.deepEqual(await artifacts.find('AccessToken', '3'), {});
    assert.equal(await accounts.find('b'), undefined);
    await store.close();
  });

  it('does not affect the other writes of its batch even when its values are invalid', async () => {
    const store = await openStore('sqlite::memory:', options);
    const { artifacts } = store;
    const write = (id: string, expiresAt: number) =>
      artifacts.upsert('Session', id, { payload: {}, expiresAt });
    const outcomes = await Promise.allSettled([
      write('1', EXPIRES_AT),
      write('2', Number.NaN),
      artifacts.upsert('Session', '3', { payload: { n: 1n }, expiresAt: EXPIRES_AT }),
      artifacts.upsert('Session', '4', { payload: {}, expiresAt: EXPIRES_AT, uid: 'u', userCode: 'c' }),
      artifacts.createOnce('ReplayDetection', 'jti', EXPIRES_AT),
      write('5', EXPIRES_AT),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(await artifacts.find('Session', '1'), {});
    assert.deepEqual(await artifacts.find('Session', '5'), {});
    assert.equal(await artifacts.createOnce('ReplayDetection', 'jti', EXPIRES_AT), false);
    await store.close();
  });
});

describe('A failing unit', () => {
  it('leaves nothing, and does not affect the other units of its transaction', async () => {
    const store = await openStore('sqlite::memory:', options);
    const { artifacts } = store;
    const write = { payload: {}, expiresAt: EXPIRES_AT };
    const ids = ['1', '2', '3'];
    for (const id of ids) await artifacts.upsert('RefreshToken', id, write);
    const outcomes = await Promise.allSettled(
      ids.map((id) =>
        artifacts.commit({
          consume: { kind: 'RefreshToken', id, answer: { payload: {}, expiresAt: EXPIRES_AT } },
          writes: [
            { kind: 'AccessToken', id, write },
            // After the mark, the answer and the first artifact, SQLite refuses this value.
            {
              kind: 'RefreshToken',
              id: `${id} successor`,
              write: { payload: {}, expiresAt: id === '2' ? Number.NaN : EXPIRES_AT },
            },
          ],
        }),
      ),
    );
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    for (const id of ids) {
      const parts = await Promise.all([
        artifacts.find('RefreshToken', id).then((token) => token?.consumed),
        artifacts.findAnswer('RefreshToken', id),
        artifacts.find('AccessToken', id),
        artifacts.find('RefreshToken', `${id} successor`),
      ]);
      assert.deepEqual(new Set(parts.map((part) => part !== undefined)), new Set([id !== '2']), id);
    }
    await store.close();
  });
});

describe('A failing transaction', () => {
  const path = temporaryDirectory();
  let database: Database;
  let connection: Connection;
  beforeEach(() => {
    database = new Database(path('faults.db'), 0);
    database.exec('PRAGMA journal_mode = WAL; DROP TABLE IF EXISTS notes; CREATE TABLE notes (text TEXT)');
    connection = new Connection(database);
  });
  afterEach(() => connection.close());

  /** Starts writes of a thousand characters each in one batch; each promise is that of one write. */
  function writeTogether(count: number): Promise<PromiseSettledResult<number>[]> {
    const insert = connection.prepare('INSERT INTO notes VALUES (:text)');
    const text = 'x'.repeat(1000);
    return Promise.allSettled(
      Array.from({ length: count }, () => connection.write(() => insert.run({ text }))),
    );
  }

  async function countNotes(): Promise<number | undefined> {
    const count = connection.prepare<{ n: number }>('SELECT count(*) AS n FROM notes');
    return connection.read(() => count.get()?.n);
  }

  function assertUnavailable(outcomes: PromiseSettledResult<unknown>[], code: RegExp): void {
    for (const outcome of outcomes) {
      assert.equal(outcome.status, 'rejected');
      assert.ok(outcome.reason instanceof StoreUnavailableError);
      assert.match(outcome.reason.message, code);
      assert.ok(outcome.reason.cause instanceof Error);
    }
  }

  it('R08 on a full disk rejects all its writes, writes none, and the next transaction succeeds', async () => {
    database.exec('PRAGMA max_page_count = 10');
    assertUnavailable(await writeTogether(100), /SQLITE_FULL/);
    assert.equal(await countNotes(), 0);
    database.exec('PRAGMA max_page_count = 10000');
    const outcomes = await writeTogether(100);
    assert.ok(outcomes.every(({ status }) => status === 'fulfilled'));
    assert.equal(await countNotes(), 100);
  });

  it('R08 on a read-only database rejects all its writes', async () => {
    database.exec('PRAGMA query_only = ON');
    assertUnavailable(await writeTogether(5), /SQLITE_READONLY/);
    database.exec('PRAGMA query_only = OFF');
    assert.equal(await countNotes(), 0);
  });

  it('rejects with an error that the work throws', async () => {
    const failing = connection.write(() => {
      throw new RangeError('a mistake');
    });
    const outcomes = writeTogether(3);
    await assert.rejects(failing, RangeError);
    assert.ok((await outcomes).every(({ status }) => status === 'fulfilled'));
    assert.equal(await countNotes(), 3);
  });
});
