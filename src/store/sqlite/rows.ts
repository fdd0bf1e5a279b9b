import { emailKey } from '../email-key.ts';
import type { Statement } from './driver.ts';
import type {
  AccountDetails,
  AccountRecord,
  AccountRevocations,
  AuditActor,
  AuditEvent,
  AuditTarget,
  ClientRecord,
} from '../store.ts';

/** Conversion between records and rows: column names are the names of the record's members, and some members are JSON text. */

export interface AccountRow {
  id: string;
  username: string;
  passwordHash: string | null;
  claims: string;
  disabled: number;
  generation: number;
  revocations: string | null;
  details: string | null;
  createdAt: number;
  updatedAt: number;
}

export const ACCOUNT_COLUMNS = `id, username, password_hash AS passwordHash, claims, disabled, generation,
  revocations, details, created_at AS createdAt, updated_at AS updatedAt`;

export const INSERT_ACCOUNT = `
  INSERT INTO accounts (id, username, password_hash, claims, email, terms, disabled, generation, revocations, details, created_at, updated_at)
  VALUES (:id, :username, :passwordHash, :claims, :email, :terms, :disabled, :generation, :revocations, :details, :createdAt, :updatedAt)`;

/** The column `terms`: a line break before each, so that one can be searched for by its beginning. */
export function lines(terms: readonly string[]): string {
  return terms.map((term) => `\n${term}`).join('');
}

/**
 * The values of `INSERT_ACCOUNT`.
 * @param terms null for an account that is added to the index later
 */
export function toNewAccountRow(account: AccountRecord, terms: string | null) {
  return { ...toAccountRow(account), terms };
}

export function toAccountRow(account: AccountRecord) {
  return {
    id: account.id,
    username: account.username,
    passwordHash: account.passwordHash ?? null,
    claims: JSON.stringify(account.claims),
    email: emailKey(account.claims.email) ?? null,
    disabled: account.disabled ? 1 : 0,
    generation: account.generation,
    revocations: account.revocations === undefined ? null : JSON.stringify(account.revocations),
    details: account.details === undefined ? null : JSON.stringify(account.details),
    createdAt: account.createdAt,
    updatedAt: account.updatedAt,
  };
}

export function fromAccountRow(row: AccountRow): AccountRecord {
  const claims: AccountRecord['claims'] = JSON.parse(row.claims);
  return {
    id: row.id,
    username: row.username,
    passwordHash: row.passwordHash ?? undefined,
    claims,
    disabled: row.disabled === 1,
    generation: row.generation,
    ...(row.revocations !== null && { revocations: parseRevocations(row.revocations) }),
    ...(row.details !== null && { details: parseDetails(row.details) }),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

function parseDetails(text: string): AccountDetails {
  return JSON.parse(text);
}

function parseRevocations(text: string): AccountRevocations {
  return JSON.parse(text);
}

export interface ClientRow {
  id: string;
  instance: string;
  metadata: string;
  secrets: string;
  source: ClientRecord['source'];
  registration: string | null;
  createdAt: number;
  updatedAt: number;
}

export const CLIENT_COLUMNS =
  'id, instance, metadata, secrets, source, registration, created_at AS createdAt, updated_at AS updatedAt';

export const INSERT_CLIENT = `
  INSERT INTO clients (id, instance, metadata, secrets, source, registration, created_at, updated_at)
  VALUES (:id, :instance, :metadata, :secrets, :source, :registration, :createdAt, :updatedAt)`;

export function toClientRow({ id, instance, source, createdAt, updatedAt, ...json }: ClientRecord) {
  const metadata = JSON.stringify(json.metadata);
  const secrets = JSON.stringify(json.secrets);
  const registration = json.registration === undefined ? null : JSON.stringify(json.registration);
  return { id, instance, metadata, secrets, source, registration, createdAt, updatedAt };
}

export function fromClientRow({
  id,
  instance,
  source,
  createdAt,
  updatedAt,
  ...json
}: ClientRow): ClientRecord {
  const metadata: ClientRecord['metadata'] = JSON.parse(json.metadata);
  const secrets: ClientRecord['secrets'] = JSON.parse(json.secrets);
  const record = { id, instance, metadata, secrets, source, createdAt, updatedAt };
  return json.registration === null
    ? record
    : { ...record, registration: parseRegistration(json.registration) };
}

function parseRegistration(text: string): ClientRecord['registration'] {
  return JSON.parse(text);
}

export interface AuditRow {
  id: number;
  at: number;
  type: string;
  accountId: string | null;
  clientId: string | null;
  ip: string | null;
  traceId: string | null;
  detail: string | null;
  actor: string | null;
  target: string | null;
}

export const AUDIT_COLUMNS =
  'id, at, type, account_id AS accountId, client_id AS clientId, ip, trace_id AS traceId, detail, actor, target';

/** @returns a function that inserts what `toAuditRow` returns */
export function prepareAuditInsert(prepare: (sql: string) => Statement<never>): (row: NewAuditRow) => number {
  const columns = ['at', 'type', 'account_id', 'client_id', 'ip', 'trace_id', 'detail'];
  const insert = prepare(`
    INSERT INTO audit (${columns.join(', ')})
    VALUES (:at, :type, :accountId, :clientId, :ip, :traceId, :detail)`);
  const insertNamed = prepare(`
    INSERT INTO audit (${columns.join(', ')}, actor, target)
    VALUES (:at, :type, :accountId, :clientId, :ip, :traceId, :detail, :actor, :target)`);
  return (row) => ('actor' in row ? insertNamed : insert).run(row);
}

type NewAuditRow = ReturnType<typeof toAuditRow>;

/** Actor and target are members only where the event names one: each value that is bound costs a twentieth of an insertion. */
export function toAuditRow(event: AuditEvent) {
  const { at, type, accountId, clientId, ip, traceId, detail, actor, target } = event;
  const row = {
    at,
    type,
    accountId: accountId ?? null,
    clientId: clientId ?? null,
    ip: ip ?? null,
    traceId: traceId ?? null,
    detail: detail === undefined ? null : JSON.stringify(detail),
  };
  if (actor === undefined && target === undefined) return row;
  return Object.assign(row, {
    actor: actor === undefined ? null : JSON.stringify(actor),
    target: target === undefined ? null : JSON.stringify(target),
  });
}

export function fromAuditRow(row: AuditRow): AuditEvent {
  const { at, type, accountId, clientId, ip, traceId, detail, actor, target } = row;
  return {
    at,
    type,
    ...(actor !== null && { actor: parseActor(actor) }),
    ...(target !== null && { target: parseTarget(target) }),
    ...(accountId !== null && { accountId }),
    ...(clientId !== null && { clientId }),
    ...(ip !== null && { ip }),
    ...(traceId !== null && { traceId }),
    ...(detail !== null && { detail: parseDetail(detail) }),
  };
}

function parseActor(text: string): AuditActor {
  return JSON.parse(text);
}

function parseTarget(text: string): AuditTarget {
  return JSON.parse(text);
}

function parseDetail(text: string): Record<string, unknown> {
  return JSON.parse(text);
}
