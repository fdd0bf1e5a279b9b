import type { AuditEvent, AuditQuery, AuditStore } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Statement } from './driver.ts';

/** What happened, append-only. The order is by time, then by arrival. */
export class SqliteAudit implements AuditStore {
  readonly #connection: Connection;
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#sql = prepareStatements(connection);
  }

  async append(events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = events.map(toRow);
    await this.#connection.write(() => {
      for (const row of rows) this.#sql.append.run(row);
    });
  }

  list({ limit, since, type, accountId, clientId }: AuditQuery): Promise<AuditEvent[]> {
    const wanted = Object.entries({ since, type, accountId, clientId }).filter(
      (filter): filter is [Filter, string | number] => filter[1] !== undefined,
    );
    return this.#connection.read(() => {
      const statement = this.#sql.list(wanted.map(([name]) => name));
      return statement.all({ ...Object.fromEntries(wanted), limit }).map(fromRow);
    });
  }

  prune(before: number, keep: number, limit: number): Promise<number> {
    return this.#connection.write(() => {
      const span = this.#sql.span.get()?.span ?? 0;
      const surplus = span > keep ? this.#sql.newestSurplus.get({ keep }) : undefined;
      const bound = surplus && surplus.at >= before ? surplus : { at: before, id: 0 };
      return this.#sql.prune.run({ ...bound, limit });
    });
  }
}

const FILTERS = {
  since: 'at >= :since',
  type: 'type = :type',
  accountId: 'account_id = :accountId',
  clientId: 'client_id = :clientId',
} as const;

type Filter = keyof typeof FILTERS;

interface AuditRow {
  at: number;
  type: string;
  accountId: string | null;
  clientId: string | null;
  ip: string | null;
  traceId: string | null;
  detail: string | null;
}

function toRow(event: AuditEvent) {
  return {
    at: event.at,
    type: event.type,
    accountId: event.accountId ?? null,
    clientId: event.clientId ?? null,
    ip: event.ip ?? null,
    traceId: event.traceId ?? null,
    detail: event.detail === undefined ? null : JSON.stringify(event.detail),
  };
}

function fromRow({ at, type, accountId, clientId, ip, traceId, detail }: AuditRow): AuditEvent {
  return {
    at,
    type,
    ...(accountId !== null && { accountId }),
    ...(clientId !== null && { clientId }),
    ...(ip !== null && { ip }),
    ...(traceId !== null && { traceId }),
    ...(detail !== null && { detail: parseDetail(detail) }),
  };
}

function parseDetail(text: string): Record<string, unknown> {
  return JSON.parse(text);
}

function prepareStatements(connection: Connection) {
  return {
    append: connection.prepare(`
      INSERT INTO audit (at, type, account_id, client_id, ip, trace_id, detail)
      VALUES (:at, :type, :accountId, :clientId, :ip, :traceId, :detail)`),

    list: listStatements(connection),

    /** Never less than the number of events, and known at once. */
    span: connection.prepare<{ span: number | null }>(
      'SELECT (SELECT max(id) FROM audit) - (SELECT min(id) FROM audit) + 1 AS span',
    ),

    /** The newest event that is one too many; walks over all that stay. */
    newestSurplus: connection.prepare<{ at: number; id: number }>(
      'SELECT at, id FROM audit ORDER BY at DESC, id DESC LIMIT 1 OFFSET :keep',
    ),

    prune: connection.prepare(`
      DELETE FROM audit WHERE id IN
        (SELECT id FROM audit WHERE (at, id) <= (:at, :id) ORDER BY at, id LIMIT :limit)`),
  };
}

/** One statement for each combination of filters, so that each is answered from its own index; made when first asked for. */
function listStatements(connection: Connection) {
  const prepared = new Map<string, Statement<AuditRow>>();
  return (filters: readonly Filter[]): Statement<AuditRow> => {
    const condition = filters.map((filter) => FILTERS[filter]).join(' AND ') || 'true';
    const known = prepared.get(condition);
    if (known) return known;
    const statement = connection.prepare<AuditRow>(`
      SELECT at, type, account_id AS accountId, client_id AS clientId, ip, trace_id AS traceId, detail
      FROM audit WHERE ${condition} ORDER BY at DESC, id DESC LIMIT :limit`);
    prepared.set(condition, statement);
    return statement;
  };
}
