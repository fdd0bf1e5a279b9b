import { digest } from '../sealing.ts';
import type { ArtifactKind, ClientRecord, DumpRecord } from '../store.ts';
import type { Database, Value } from './driver.ts';

/** Rows read in one go; in between the event loop is free. */
const PAGE = 500;

/**
 * Reads everything that has not expired, as it is at the first row: one read transaction, which holds up no writer.
 * @param database on a connection that nobody else uses; left in the transaction
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
  for (const row of rows<AccountRow>(database, ACCOUNTS, '')) yield fromAccount(row);
  for (const row of rows<ClientRow>(database, CLIENTS, '')) yield fromClient(row);
  for (const { cursor, sealed, createdAt } of rows<KeyRow>(database, SIGNING_KEYS, '')) {
    yield { type: 'signing key', key: { kid: cursor, sealed, createdAt } };
  }
  for (const row of rows<AuditRow>(database, AUDIT, 0)) yield fromAudit(row);
}

const NO_BYTES = new Uint8Array();

/** Page by page, each from where the one before ended. */
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
}

// The order of rows tells which of two artifacts with one alias is the newer.
const ARTIFACTS = `
  SELECT rowid AS cursor, id, kind, sealed, expires_at AS expiresAt, grant_id AS grantId, account_id AS accountId, alias,
    sealed_id AS sealedId
  FROM artifacts WHERE rowid > :after AND expires_at > :now ORDER BY rowid`;

// A mark outlives its artifact, and then nothing tells the kind.
const MARKS = `
  SELECT consumed.id AS cursor, at, consumed.expires_at AS expiresAt, artifacts.kind
  FROM consumed LEFT JOIN artifacts ON artifacts.id = consumed.id
  WHERE consumed.id > :after AND consumed.expires_at > :now ORDER BY consumed.id`;

const timed = (table: string): string =>
  `SELECT id AS cursor, expires_at AS expiresAt FROM ${table} WHERE id > :after AND expires_at > :now ORDER BY id`;
const REPLAY_IDS = timed('created_once');
const TOMBSTONES = timed('revoked_grants');

function fromArtifact(row: ArtifactRow): DumpRecord {
  const { kind, expiresAt, grantId, accountId, alias, sealedId } = row;
  return {
    type: 'artifact',
    kind,
    id: text(row.id),
    sealed: text(row.sealed),
    expiresAt,
    ...(grantId && { grant: text(grantId) }),
    ...(accountId !== null && { account: text(digest('account', 'Account', accountId)), accountId }),
    ...(alias && sealedId && { alias: { id: text(alias), sealedId: text(sealedId) } }),
  };
}

interface AccountRow {
  cursor: string;
  username: string;
  passwordHash: string | null;
  claims: string;
  disabled: number;
  generation: number;
  createdAt: number;
  updatedAt: number;
}

const ACCOUNTS = `
  SELECT id AS cursor, username, password_hash AS passwordHash, claims, disabled, generation, created_at AS createdAt,
    updated_at AS updatedAt
  FROM accounts WHERE id > :after ORDER BY id`;

function fromAccount({ cursor, passwordHash, disabled, claims, ...same }: AccountRow): DumpRecord {
  const account = { id: cursor, ...same, passwordHash: passwordHash ?? undefined };
  return { type: 'account', account: { ...account, claims: JSON.parse(claims), disabled: disabled === 1 } };
}

interface ClientRow {
  cursor: string;
  instance: string;
  metadata: string;
  secrets: string;
  source: ClientRecord['source'];
  createdAt: number;
  updatedAt: number;
}

const CLIENTS = `
  SELECT id AS cursor, instance, metadata, secrets, source, created_at AS createdAt, updated_at AS updatedAt
  FROM clients WHERE id > :after ORDER BY id`;

function fromClient({ cursor, metadata, secrets, ...same }: ClientRow): DumpRecord {
  const json = { metadata: JSON.parse(metadata), secrets: JSON.parse(secrets) };
  return { type: 'client', client: { id: cursor, ...same, ...json } };
}

interface KeyRow {
  cursor: string;
  sealed: string;
  createdAt: number;
}

const SIGNING_KEYS = `
  SELECT kid AS cursor, sealed, created_at AS createdAt FROM signing_keys WHERE kid > :after ORDER BY kid`;

interface AuditRow {
  cursor: number;
  at: number;
  type: string;
  accountId: string | null;
  clientId: string | null;
  ip: string | null;
  traceId: string | null;
  detail: string | null;
}

const AUDIT = `
  SELECT id AS cursor, at, type, account_id AS accountId, client_id AS clientId, ip, trace_id AS traceId, detail
  FROM audit WHERE id > :after ORDER BY id`;

function fromAudit({ at, type, accountId, clientId, ip, traceId, detail }: AuditRow): DumpRecord {
  return {
    type: 'audit event',
    event: {
      at,
      type,
      ...(accountId !== null && { accountId }),
      ...(clientId !== null && { clientId }),
      ...(ip !== null && { ip }),
      ...(traceId !== null && { traceId }),
      ...(detail !== null && { detail: JSON.parse(detail) }),
    },
  };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}
