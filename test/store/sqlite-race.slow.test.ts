import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { Database } from '../../src/store/sqlite/driver.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { MIGRATIONS } from '../../src/store/sqlite/schema.ts';
import { LONG } from '../support/long-form.ts';
import { startChildren, stopChildren } from './child-processes.ts';
import { describeRaces } from './races.ts';
import { temporaryDirectory } from './temporary-directory.ts';

describeRaces('one SQLite file', { redeem: 10, revoke: 8 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'signet-race-'));
  return {
    address: `sqlite:${join(directory, 'race.db')}`,
    stop: async () => rmSync(directory, { recursive: true }),
  };
});

describe('Several processes that open a database of version 0.1', function () {
  this.timeout(60_000);
  const path = temporaryDirectory();

  it('add its accounts to the index of searches together', async () => {
    const file = path('old.db');
    const accounts = LONG ? 8000 : 3000;
    const old = new Database(file, 0);
    old.exec('PRAGMA journal_mode = WAL');
    migrate(old, MIGRATIONS.slice(0, 4), 0);
    old.exec(`
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${accounts})
      INSERT INTO accounts (id, username, claims, disabled, generation, created_at, updated_at)
        SELECT n, 'u' || n, json_object('name', 'Person ' || n, 'groups', json_array('staff')), 0, 0, 0, 0 FROM numbers`);
    old.close();
    await stopChildren(await startChildren('race-child.ts', `sqlite:${file}`, LONG ? 4 : 2));
    const store = await openStore(`sqlite:${file}`, { clock: Date.now });
    const names = (page: readonly { username: string }[]) => page.map(({ username }) => username);
    assert.deepEqual(names(await store.accounts.list({ search: `person ${accounts - 1}`, limit: 5 })), [
      `u${accounts - 1}`,
    ]);
    assert.equal((await store.accounts.list({ group: 'staff', limit: accounts + 1 })).length, accounts);
    await store.close();
    const database = new Database(file, 0);
    const count = (what: string) =>
      database.prepare<{ n: number }>(`SELECT count(*) AS n FROM ${what}`).get()?.n;
    assert.deepEqual(
      [count('accounts WHERE terms IS NULL'), count('account_terms'), count('account_groups')],
      // Each has its name and its number.
      [0, 2 * accounts, accounts],
    );
    database.close();
  });
});
