import { setImmediate } from 'node:timers/promises';
import { WRITES } from '../port/artifact-kinds.ts';
import type { AuditEvent, AuditFilter, AuditQuery, AuditStore } from '../store.ts';
import { StoreUnavailableError } from '../errors.ts';
import { AuditReader, AuditStatements } from './audit-reader.ts';
import type { Connection } from './connection.ts';
import { OPERATION_TIMEOUT_MS } from './failure.ts';
import { prepareAuditInsert, toAuditRow } from './rows.ts';

/** Events in one step of a search; between steps the event loop is not blocked. */
const PAGE = 500;

/** Audit events, append-only, ordered by time, then by arrival. */
export class SqliteAudit implements AuditStore {
  readonly #connection: Connection;
  readonly #statements: AuditStatements;
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#statements = new AuditStatements(connection);
    this.#sql = prepareStatements(connection);
  }

  async append(events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = events.map(toAuditRow);
    await this.#connection.write(
      () => {
        for (const row of rows) this.#sql.append(row);
      },
      WRITES['audit event'],
      'known',
    );
  }

  list({ limit, ...filter }: AuditQuery): Promise<AuditEvent[]> {
    return this.#connection.read(() => {
      const deadline = performance.now() + OPERATION_TIMEOUT_MS;
      const reader = new AuditReader(this.#statements, filter);
      let events: AuditEvent[] = [];
      while (events.length < limit) {
        if (performance.now() > deadline) throw new StoreUnavailableError('the audit query takes too long');
        const step = reader.next(limit - events.length);
        if (step === undefined) break;
        events = events.concat(step);
      }
      return events;
    });
  }

  async *search(filter: AuditFilter): AsyncGenerator<AuditEvent> {
    const reader = await this.#connection.read(() => new AuditReader(this.#statements, filter));
    for (;;) {
      const step = await this.#connection.read(() => reader.next(PAGE));
      if (step === undefined) return;
      yield* step;
      // A step is synchronous: requests are answered between two of them.
      await setImmediate();
    }
  }

  prune(before: number, keep: number, limit: number): Promise<number> {
    return this.#connection.write(
      () => {
        const span = this.#sql.span.get()?.span ?? 0;
        const surplus = span > keep ? this.#sql.newestSurplus.get({ keep }) : undefined;
        const bound = surplus && surplus.at >= before ? surplus : { at: before, id: 0 };
        return this.#sql.prune.run({ ...bound, limit });
      },
      WRITES['audit event'],
      'known',
    );
  }
}

function prepareStatements(connection: Connection) {
  return {
    append: prepareAuditInsert((sql) => connection.prepare(sql)),

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
