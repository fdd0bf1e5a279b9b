import assert from 'node:assert/strict';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { SessionJobs } from '../../src/store/sqlite/session-jobs.ts';
import { SqliteArtifacts } from '../../src/store/sqlite/artifacts.ts';
import type { Statement } from '../../src/store/sqlite/driver.ts';
import { SqliteListed } from '../../src/store/sqlite/listed.ts';
import { openDatabase } from '../../src/store/sqlite/open-database.ts';

/** Statements on artifacts, of which there may be millions: each finds its rows by an index. */
describe('The statements on the artifacts of an SQLite store', () => {
  it('scan no table', async () => {
    const database = await openDatabase(':memory:', { now: 0, create: true });
    const statements: string[] = [];
    class Recorded extends Connection {
      override prepare<Row = never>(sql: string): Statement<Row> {
        statements.push(sql);
        return super.prepare<Row>(sql);
      }
    }
    const connection = new Recorded(database);
    const artifacts = new SqliteArtifacts(connection, new SessionJobs(connection, () => 0), () => 0);
    const listed = new SqliteListed(connection, () => 0);
    await listed.list('Session', 'alice', { limit: 1 });
    const write = { payload: {}, expiresAt: 1, grantId: 'g' };
    await artifacts.commit({
      writes: [{ kind: 'RefreshToken', id: 'a', write, version: '' }],
      unchanged: [{ kind: 'Session', id: 's', version: '' }],
      accounts: [{ id: 'alice', generation: 0 }],
      clients: [{ id: 'web', instance: 'i' }],
    });
    const plans = statements.map((sql) => {
      const steps = database.prepare<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
      const names = [...sql.matchAll(/:([a-z]\w*)/gi)].map(([, name = '']) => [name, null] as const);
      return steps.all(Object.fromEntries(names)).map(({ detail }) => detail);
    });
    assert.ok(plans.flat().some((detail) => detail.includes('artifacts_of_account')));
    assert.deepEqual(
      plans.flat().filter((detail) => /^SCAN (?!CONSTANT ROW)/.test(detail)),
      [],
    );
    await connection.close();
  });
});
