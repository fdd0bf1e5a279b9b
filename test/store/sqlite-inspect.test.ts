import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../../src/store/sqlite/driver.ts';
import { inspectFile } from '../../src/store/sqlite/inspect-file.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { MIGRATIONS } from '../../src/store/sqlite/schema.ts';

describe('A database that a start will migrate', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'signet-inspect-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  for (const steps of MIGRATIONS.keys()) {
    it(`is inspected with ${steps + 1} of ${MIGRATIONS.length} steps`, () => {
      const path = join(directory, 'signet.db');
      const database = new Database(path, 0);
      migrate(database, MIGRATIONS.slice(0, steps + 1), 100);
      database.exec(`
        INSERT INTO signing_keys (kid, sealed, created_at) VALUES ('k', 'sealed', 1);
        INSERT INTO clients (id, instance, metadata, secrets, source, created_at, updated_at)
        VALUES ('web', 'i', '{"scope":"openid"}', '[]', 'added', 1, 1)`);
      database.close();
      assert.deepEqual(inspectFile(path), {
        signingKeys: [{ kid: 'k', sealed: 'sealed', createdAt: 1 }],
        clients: [
          {
            id: 'web',
            instance: 'i',
            metadata: { scope: 'openid' },
            secrets: [],
            source: 'added',
            createdAt: 1,
            updatedAt: 1,
          },
        ],
      });
    });
  }
});
