import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open.ts';
import { Database } from '../../src/store/sqlite/driver.ts';
import { migrate, SchemaError } from '../../src/store/sqlite/migrate.ts';
import { MIGRATIONS } from '../../src/store/sqlite/schema.ts';
import { accountNamed } from './account-records.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const STEPS = [
  'CREATE TABLE people (name TEXT) STRICT',
  "ALTER TABLE people ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'; CREATE TABLE pets (name TEXT) STRICT",
];

describe('Migrations', () => {
  const path = temporaryDirectory();
  let database: Database;
  beforeEach(() => {
    database = new Database(':memory:', 0);
  });
  afterEach(() => database.close());

  function versions(): unknown[] {
    const rows = database
      .prepare<{ version: number; applied_at: number }>('SELECT * FROM schema_version')
      .all();
    return rows.map((row) => [row.version, row.applied_at]);
  }

  it('run each step once and record when', () => {
    migrate(database, STEPS.slice(0, 1), 100);
    database.exec("INSERT INTO people VALUES ('alice')");
    migrate(database, STEPS, 200);
    migrate(database, STEPS, 300);
    assert.deepEqual(versions(), [
      [1, 100],
      [2, 200],
    ]);
    assert.deepEqual(
      { ...database.prepare<object>('SELECT * FROM people').get() },
      { name: 'alice', colour: 'red' },
    );
  });

  it('roll back a step that fails', () => {
    const broken = [...STEPS, 'CREATE TABLE halfway (x TEXT); CREATE TABLE people (x TEXT)'];
    assert.throws(() => migrate(database, broken, 100), /already exists/);
    assert.equal(database.inTransaction, false);
    assert.deepEqual(versions(), [
      [1, 100],
      [2, 100],
    ]);
    assert.throws(() => database.exec('SELECT * FROM halfway'), /no such table/);
  });

  it('do not change a database that is newer or belongs to another program', () => {
    migrate(database, STEPS, 100);
    assert.throws(() => migrate(database, STEPS.slice(0, 1), 200), new SchemaError('newer'));
    const other = new Database(':memory:', 0);
    other.exec('CREATE TABLE songs (title TEXT)');
    assert.throws(() => migrate(other, STEPS, 100), new SchemaError('foreign'));
    other.close();
  });

  it('that were released create the schema', () => {
    migrate(database, MIGRATIONS, 100);
    assert.equal(versions().length, MIGRATIONS.length);
  });

  it('that were released fill in the email addresses of existing accounts', () => {
    migrate(database, MIGRATIONS.slice(0, 3), 100);
    const add = database.prepare(`
      INSERT INTO accounts (id, username, claims, disabled, generation, created_at, updated_at)
      VALUES (:id, :id, :claims, 0, 0, 0, 0)`);
    for (const [id, claims] of Object.entries({
      alice: { email: 'J\u00D6RG@Example.com' },
      bob: { name: 'Bob' },
      carl: { email: 7 },
    }))
      add.run({ id, claims: JSON.stringify(claims) });
    migrate(database, MIGRATIONS, 200);
    assert.deepEqual(
      database
        .prepare<{ email: string }>('SELECT email FROM accounts ORDER BY id')
        .all()
        .map(({ email }) => email),
      ['j\u00F6rg@example.com', null, null],
    );
  });

  it('leave existing accounts to be added to the index of searches, also by several processes', async () => {
    const file = path('accounts.db');
    const older = new Database(file, 0);
    migrate(older, MIGRATIONS.slice(0, 4), 100);
    const add = older.prepare(`
      INSERT INTO accounts (id, username, claims, disabled, generation, created_at, updated_at)
      VALUES (:id, :id, :claims, 0, 0, 0, 0)`);
    const addAccount = (id: string, claims: object) => add.run({ id, claims: JSON.stringify(claims) });
    addAccount('alice', { name: 'Alice Liddell', groups: ['staff'] });
    addAccount('bob', { name: 7, groups: 'staff' });
    const stores = await Promise.all([1, 2].map(() => openStore(`sqlite:${file}`, { clock: Date.now })));
    // The older version has not ended yet.
    addAccount('carl', { name: 'Carl Liddell', groups: ['staff'] });
    for (const id of ['dora', 'eve']) {
      await stores[0]?.accounts.create({
        ...accountNamed(id),
        claims: { name: 'Liddell', groups: ['staff'] },
      });
    }
    older.exec(`UPDATE accounts SET claims = '{}' WHERE id = 'dora'; DELETE FROM accounts WHERE id = 'eve'`);
    older.close();
    for (const { accounts } of stores) {
      assert.equal(await accounts.completeIndex(10), accounts === stores[0]?.accounts ? 1 : 0);
      for (const filter of [{ search: 'liddell' }, { group: 'staff' }]) {
        const pages = [
          await accounts.list({ ...filter, limit: 10 }),
          await accounts.list({ ...filter, limit: 2 }),
          await accounts.list({ ...filter, limit: 2, after: 'carl' }),
        ];
        assert.deepEqual(
          pages.map((page) => page.map(({ username }) => username)),
          [['alice', 'carl'], ['alice', 'carl'], []],
        );
      }
    }
    await Promise.all(stores.map((store) => store.close()));
  });
});
