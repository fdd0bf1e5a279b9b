import { resolve } from 'node:path';
import { StoreOpenError } from '../errors.ts';
import type { SigningKeyRecord, StoreContent } from '../store.ts';
import { Database, resultCode } from './driver.ts';
import { checkSchema, SchemaError } from './migrate.ts';
import { explain, IN_MEMORY, sizeOf } from './open-database.ts';
import { CLIENT_COLUMNS, type ClientRow, fromClientRow } from './rows.ts';
import { MIGRATIONS } from './schema.ts';

const NOTHING: StoreContent = { signingKeys: [], addedClients: [] };

/**
 * Reads a database without creating files beside it. Ignores its log, so the most recent writes may be missing.
 * @throws StoreOpenError when this version cannot use the database
 */
export function inspectFile(path: string): StoreContent {
  if (path === IN_MEMORY || sizeOf(path) === 0) return NOTHING;
  let database: Database | undefined;
  try {
    database = Database.openImmutable(resolve(path));
    checkSchema(database, MIGRATIONS);
    const signingKeys = database
      .prepare<SigningKeyRecord>('SELECT kid, sealed, created_at AS createdAt FROM signing_keys')
      .all();
    const added = database
      .prepare<ClientRow>(`SELECT ${CLIENT_COLUMNS} FROM clients WHERE source = 'added'`)
      .all();
    return { signingKeys, addedClients: added.map(fromClientRow) };
  } catch (error) {
    if (error instanceof SchemaError || resultCode(error) === 'NOTADB') {
      throw new StoreOpenError(explain(path, error), { cause: error });
    }
    // A server may have just created it: then the tables are in the log only.
    return NOTHING;
  } finally {
    database?.close();
  }
}
