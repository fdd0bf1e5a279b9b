import { emailKey } from '../email-key.ts';
import type { Database } from './driver.ts';

/** Brings a database to the newest schema, one transaction for each step, and records the steps in `schema_version`. */

/** The database belongs to another program, or to a newer version of Signet. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  readonly reason: 'foreign' | 'newer';

  constructor(reason: SchemaError['reason']) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * @param steps all steps ever released, oldest first; the version of a database is the number of steps it has taken
 * @throws SchemaError when `migrate` must not change the database
 */
export function checkSchema(database: Database, steps: readonly string[]): void {
  if (currentVersion(database) > steps.length) throw new SchemaError('newer');
}

/**
 * @param steps as for `checkSchema`
 * @param now epoch seconds, recorded with the step
 * @throws SchemaError before anything is changed
 */
export function migrate(database: Database, steps: readonly string[], now: number): void {
  checkSchema(database, steps);
  database.define('email_key', (email) => emailKey(email) ?? null);
  while (currentVersion(database) < steps.length) runStep(database, steps, now);
}

/** Runs the next step, unless another process has run it while this one waited for the lock. */
function runStep(database: Database, steps: readonly string[], now: number): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    const version = currentVersion(database);
    const step = steps[version];
    if (step !== undefined) {
      if (version === 0) database.exec(CREATE_SCHEMA_VERSION);
      database.exec(step);
      database.prepare(RECORD_STEP).run({ version: version + 1, now });
    }
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

const CREATE_SCHEMA_VERSION =
  'CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT';
const RECORD_STEP = 'INSERT INTO schema_version (version, applied_at) VALUES (:version, :now)';

function currentVersion(database: Database): number {
  const tables = database
    .prepare<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .all();
  if (tables.length === 0) return 0;
  if (!tables.some(({ name }) => name === 'schema_version')) throw new SchemaError('foreign');
  const newest = database
    .prepare<{ version: number }>('SELECT max(version) AS version FROM schema_version')
    .get();
  return newest?.version ?? 0;
}
