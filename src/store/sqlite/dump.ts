import type { StoredListing } from '../listing.ts';
import { digest } from '../sealing.ts';
import type { ArtifactKind, DumpRecord } from '../store.ts';
import type { Database, Value } from './driver.ts';
import { fromJobRow, JOB_COLUMNS, type JobRow } from './job-rows.ts';
import {
  ACCOUNT_COLUMNS,
  type AccountRow,
  AUDIT_COLUMNS,
  type AuditRow,
  CLIENT_COLUMNS,
  type ClientRow,
  fromAccountRow,
  fromAuditRow,
  fromClientRow,
} from './rows.ts';
import { fromKeyRow, KEY_COLUMNS, type KeyRow } from './signing-keys.ts';

/** Rows in one read; between reads the event loop is not blocked. */
const PAGE = 500;

/**
 * Reads everything that has not expired, as of the first row: one read transaction, which blocks no writer.
 * @param database a connection used for nothing else; the transaction is left open
 * @param now epoch seconds
 */
export async function* dumpDatabase(database: Database, now: number): AsyncGenerator<DumpRecord> {
  database.exec('BEGIN');
  for (const row of rows<ArtifactRow>(database, ARTIFACTS, 0, { now })) yield fromArtifact(row);
  for (const { cursor, kind, at, expiresAt } of rows<MarkRow>(database, MARKS, NO_BYTES, { now })) {
    yield { type: 'consumption', ...(kind !== null && { kind }), id: text(cursor), at, expiresAt };
  }
  for (const { cursor, expiresAt } of rows<TimedRow>(database, REPLAY_IDS, NO_BYTES, { now })) {
    yield { type: 'replay id', id: text(cursor), expiresAt };
  }
  for (const { cursor, expiresAt } of rows<TimedRow>(database, TOMBSTONES, NO_BYTES, { now })) {
    yield { type: 'tombstone', id: text(cursor), expiresAt };
  }
  for (const row of rows<WithCursor<AccountRow, string>>(database, ACCOUNTS, '')) {
    yield { type: 'account', account: fromAccountRow(row) };
  }
  for (const row of rows<WithCursor<ClientRow, string>>(database, CLIENTS, '')) {
    yield { type: 'client', client: fromClientRow(row) };
  }
  for (const row of rows<WithCursor<KeyRow, string>>(database, SIGNING_KEYS, '')) {
    yield { type: 'signing key', key: fromKeyRow(row) };
  }
  for (const row of rows<WithCursor<JobRow, string>>(database, JOBS, '')) {
    yield { type: 'job', job: fromJobRow(row) };
  }
  for (const row of rows<WithCursor<AuditRow, number>>(database, AUDIT, 0)) {
    yield { type: 'audit event', event: fromAuditRow(row) };
  }
}

const NO_BYTES = new Uint8Array();

/** Reads page by page; the cursor of the last row starts the next page. */
function* rows<Row extends { cursor: Value }>(
  database: Database,
  sql: string,
  first: Row['cursor'],
  values: Record<string, Value> = {},
): Generator<Row> {
  const statement = database.prepare<Row>(`${sql} LIMIT ${PAGE}`);
  for (let after: Value | undefined = first; after !== undefined; ) {
    const page: Row[] = statement.all({ after, ...values });
    yield* page;
    after = page.at(-1)?.cursor;
  }
}

interface TimedRow {
  cursor: Uint8Array;
  expiresAt: number;
}

interface MarkRow extends TimedRow {
  at: number;
  kind: ArtifactKind | null;
}

interface ArtifactRow {
  cursor: number;
  id: Uint8Array;
  kind: ArtifactKind;
  sealed: Uint8Array;
  expiresAt: number;
  grantId: Uint8Array | null;
  accountId: string | null;
  alias: Uint8Array | null;
  sealedId: Uint8Array | null;
  listed: string | null;
}

// The order of rowids decides which of two artifacts with the same alias is the newer one.
const ARTIFACTS = `
  SELECT rowid AS cursor, id, kind, sealed, expires_at AS expiresAt, grant_id AS grantId, account_id AS accountId, alias,
    sealed_id AS sealedId, listed
  FROM artifacts WHERE rowid > :after AND expires_at > :now ORDER BY rowid`;

// A mark can outlive its artifact; its kind is then unknown.
const MARKS = `
  SELECT consumed.id AS cursor, at, consumed.expires_at AS expiresAt, artifacts.kind
  FROM consumed LEFT JOIN artifacts ON artifacts.id = consumed.id
  WHERE consumed.id > :after AND consumed.expires_at > :now ORDER BY consumed.id`;

const timed = (table: string): string =>
  `SELECT id AS cursor, expires_at AS expiresAt FROM ${table} WHERE id > :after AND expires_at > :now ORDER BY id`;
const REPLAY_IDS = timed('created_once');
const TOMBSTONES = timed('revoked_grants');

function fromArtifact(row: ArtifactRow): DumpRecord {
  const { kind, expiresAt, grantId, accountId, alias, sealedId, listed } = row;
  return {
    type: 'artifact',
    kind,
    id: text(row.id),
    sealed: text(row.sealed),
    expiresAt,
    ...(grantId && { grant: text(grantId) }),
    ...(accountId !== null && { account: text(digest('account', 'Account', accountId)), accountId }),
    ...(alias && sealedId && { alias: { id: text(alias), sealedId: text(sealedId) } }),
    ...(listed !== null && { listed: parseListing(listed) }),
  };
}

function parseListing(json: string): StoredListing {
  return JSON.parse(json);
}

const ACCOUNTS = `SELECT id AS cursor, ${ACCOUNT_COLUMNS} FROM accounts WHERE id > :after ORDER BY id`;
const CLIENTS = `SELECT id AS cursor, ${CLIENT_COLUMNS} FROM clients WHERE id > :after ORDER BY id`;
const JOBS = `SELECT id AS cursor, ${JOB_COLUMNS} FROM jobs WHERE id > :after ORDER BY id`;
const AUDIT = `SELECT id AS cursor, ${AUDIT_COLUMNS} FROM audit WHERE id > :after ORDER BY id`;

type WithCursor<Row, Cursor> = Row & { cursor: Cursor };

const SIGNING_KEYS = `
  SELECT kid AS cursor, ${KEY_COLUMNS} FROM all_signing_keys WHERE kid > :after ORDER BY kid`;

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}
