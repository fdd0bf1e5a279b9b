import { WRITES } from '../port/artifact-kinds.ts';
import type { AuditEvent, AuditQuery, AuditStore } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Statement } from './driver.ts';
import { AUDIT_COLUMNS, type AuditRow, fromAuditRow, INSERT_AUDIT_EVENT, toAuditRow } from './rows.ts';

/** Audit events, append-only, ordered by time, then by arrival. */
export class SqliteAudit implements AuditStore {
  readonly #connection: Connection;
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#sql = prepareStatements(connection);
  }

  async append(events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = events.map(toAuditRow);
    await this.#connection.write(() => {
      for (const row of rows) this.#sql.append.run(row);
    }, WRITES['audit event']);
  }

  list({ limit, ...filters }: AuditQuery): Promise<AuditEvent[]> {
    const wanted = Object.entries(filters).filter(
      (filter): filter is [Filter, string | number] => filter[1] !== undefined,
    );
    return this.#connection.read(() => {
      const statement = this.#sql.list(wanted.map(([name]) => name));
      return statement.all({ ...Object.fromEntries(wanted), limit }).map(fromAuditRow);
    });
  }

  prune(before: number, keep: number, limit: number): Promise<number> {
    return this.#connection.write(() => {
      const span = this.#sql.span.get()?.span ?? 0;
      const surplus = span > keep ? this.#sql.newestSurplus.get({ keep }) : undefined;
      const bound = surplus && surplus.at >= before ? surplus : { at: before, id: 0 };
      return this.#sql.prune.run({ ...bound, limit });
    }, WRITES['audit event']);
  }
}

const FILTERS = {
  since: 'at >= :since',
  until: 'at < :until',
  type: 'type = :type',
  accountId: 'account_id = :accountId',
  clientId: 'client_id = :clientId',
} as const;

type Filter = keyof typeof FILTERS;

function prepareStatements(connection: Connection) {
  return {
    append: connection.prepare(INSERT_AUDIT_EVENT),

    list: listStatements(connection),

    /** An upper limit of the number of events, from the index alone. */
    span: connection.prepare<{ span: number | null }>(
      'SELECT (SELECT max(id) FROM audit) - (SELECT min(id) FROM audit) + 1 AS span',
    ),

    /** The newest event to be removed; reads all events that stay. */
    newestSurplus: connection.prepare<{ at: number; id: number }>(
      'SELECT at, id FROM audit ORDER BY at DESC, id DESC LIMIT 1 OFFSET :keep',
    ),

    prune: connection.prepare(`
      DELETE FROM audit WHERE id IN
        (SELECT id FROM audit WHERE (at, id) <= (:at, :id) ORDER BY at, id LIMIT :limit)`),
  };
}

/** One statement for each combination of filters, so that SQLite chooses the best index for each. Prepared on first use. */
function listStatements(connection: Connection) {
  const prepared = new Map<string, Statement<AuditRow>>();
  return (filters: readonly Filter[]): Statement<AuditRow> => {
    const condition = filters.map((filter) => FILTERS[filter]).join(' AND ') || 'true';
    const known = prepared.get(condition);
    if (known) return known;
    const statement = connection.prepare<AuditRow>(`
      SELECT ${AUDIT_COLUMNS} FROM audit WHERE ${condition} ORDER BY at DESC, id DESC LIMIT :limit`);
    prepared.set(condition, statement);
    return statement;
  };
}
