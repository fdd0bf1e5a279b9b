import { resolve } from 'node:path';
import { StoreOpenError } from '../errors.ts';
import { digest } from '../sealing.ts';
import type { ArtifactKind, Payload, SigningKeyRecord, StoreContent } from '../store.ts';
import { openText, readPayload } from './artifact-rows.ts';
import { Database, resultCode } from './driver.ts';
import { checkSchema, SchemaError } from './migrate.ts';
import { type ClientRow, fromClientRow } from './rows.ts';
import { explain, IN_MEMORY, sizeOf } from './open-database.ts';
import { MIGRATIONS } from './schema.ts';
import { fromKeyRow, KEY_COLUMNS, type KeyRow } from './signing-keys.ts';

const NOTHING: StoreContent = { signingKeys: [], clients: [] };

/**
 * Reads a database without creating files beside it. Ignores its log, so the most recent writes may be missing.
 * @throws StoreOpenError when this version cannot use the database
 */
export function inspectFile(path: string, artifact?: { kind: ArtifactKind; id: string }): StoreContent {
  if (path === IN_MEMORY || sizeOf(path) === 0) return NOTHING;
  let database: Database | undefined;
  try {
    database = Database.openImmutable(resolve(path));
    checkSchema(database, MIGRATIONS);
    return {
      signingKeys: readKeys(database),
      clients: readClients(database),
      ...(artifact && { artifact: readArtifact(database, artifact) }),
    };
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

/** The database may have an earlier schema, which a start will migrate. */
function readKeys(database: Database): SigningKeyRecord[] {
  const hasView = database.prepare<object>("SELECT 1 FROM sqlite_schema WHERE name = 'all_signing_keys'");
  const from = hasView.get() ? 'all_signing_keys' : '(SELECT *, NULL AS alg FROM signing_keys)';
  return database.prepare<KeyRow>(`SELECT ${KEY_COLUMNS} FROM ${from}`).all().map(fromKeyRow);
}

function readClients(database: Database): StoreContent['clients'] {
  const columns = 'id, instance, metadata, secrets, source, NULL AS registration, created_at AS createdAt';
  const sql = `SELECT ${columns}, updated_at AS updatedAt FROM clients`;
  return database.prepare<ClientRow>(sql).all().map(fromClientRow);
}

/** Whether it has expired or not. */
function readArtifact(
  database: Database,
  { kind, id }: { kind: ArtifactKind; id: string },
): Payload | undefined {
  const sql = 'SELECT sealed FROM artifacts WHERE id = :id';
  const row = database.prepare<{ sealed: Uint8Array }>(sql).get({ id: digest('artifact', kind, id) });
  return row && readPayload(openText(kind, id, row), null);
}
