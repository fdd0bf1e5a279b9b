import type { AuditEvent, AuditFilter } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Statement, Value } from './driver.ts';
import { AUDIT_COLUMNS, type AuditRow, fromAuditRow } from './rows.ts';

/**
 * Reads audit events newest first, in steps that examine a bounded number of rows.
 *
 * A query reads through the index of one filter, that with the fewest rows. SQLite cannot know which one that is: its statistics have
 * the average of all values, and one client may have a million events while another has three. So the rows of each index are counted first,
 * up to a limit. There is no index of addresses or trace ids: it would cost a third of the time of every insertion.
 */

/** Rows of an index beyond which it counts as large. */
const MAX_COUNTED = 1000;

/** Rows that one step examines. */
const MAX_EXAMINED = 5000;

/** In order of preference among large ones. */
const INDEXES = {
  accountId: { index: 'audit_account_id', column: 'account_id' },
  type: { index: 'audit_type', column: 'type' },
  clientId: { index: 'audit_client_id', column: 'client_id' },
} as const;

const COLUMNS = {
  accountId: 'account_id',
  type: 'type',
  clientId: 'client_id',
  ip: 'ip',
  traceId: 'trace_id',
} as const;

type Indexed = keyof typeof INDEXES;
type Member = keyof typeof COLUMNS;

interface Place {
  at: number;
  id: number;
}

/** Statements of readers, prepared on first use. */
export class AuditStatements {
  readonly #connection: Connection;
  readonly #prepared = new Map<string, Statement<never>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @param values may have more than the statement needs */
  all<Row>(sql: string, values: Readonly<Record<string, Value>>): Row[] {
    const names = new Set(Array.from(sql.matchAll(/:(\w+)/g), ([, name]) => name));
    const used = Object.entries(values).filter(([name]) => names.has(name));
    return this.#prepare<Row>(sql).all(Object.fromEntries(used));
  }

  #prepare<Row>(sql: string): Statement<Row> {
    const known = this.#prepared.get(sql) as Statement<Row> | undefined;
    if (known !== undefined) return known;
    const statement = this.#connection.prepare<Row>(sql);
    this.#prepared.set(sql, statement as Statement<never>);
    return statement;
  }
}

export class AuditReader {
  readonly #statements: AuditStatements;
  readonly #filter: AuditFilter;
  readonly #values: Record<string, Value>;
  /** The filter whose index is read, undefined for that of all events by time. */
  readonly #source: Indexed | undefined;
  #after: Place | undefined;
  #isDone = false;

  constructor(statements: AuditStatements, filter: AuditFilter) {
    this.#statements = statements;
    this.#filter = filter;
    this.#values = valuesOf(filter);
    this.#source = this.#choose();
  }

  /** @returns the matching events among the next ones, at most `limit`; undefined after the last */
  next(limit: number): AuditEvent[] | undefined {
    if (this.#isDone) return undefined;
    const end = this.#hasOtherFilters ? this.#placeAfter(MAX_EXAMINED) : undefined;
    const rows = this.#read(end, limit);
    // The limit may have been reached before the end.
    this.#after = rows.length === limit ? rows.at(-1) : end;
    this.#isDone = this.#after === undefined;
    return rows.map(fromAuditRow);
  }

  #choose(): Indexed | undefined {
    const given = Object.keys(INDEXES).filter(
      (name): name is Indexed => this.#filter[name as Indexed] !== undefined,
    );
    if (given.length < 2) return given[0];
    const sizes = given.map((name) => ({ name, size: this.#count(name) }));
    return sizes.reduce((best, other) => (other.size < best.size ? other : best)).name;
  }

  /** Rows of an index in the span of time, at most `MAX_COUNTED` for each value. */
  #count(name: Indexed): number {
    const { index } = INDEXES[name];
    const conditions = timeConditions(this.#filter);
    const sizes = listOf(this.#filter[name]).map((_, n) => {
      const where = [valueCondition(name, n), ...conditions].join(' AND ');
      const select = `SELECT 1 FROM audit INDEXED BY ${index} WHERE ${where} LIMIT ${MAX_COUNTED}`;
      const sql = `SELECT count(*) AS n FROM (${select})`;
      return this.#statements.all<{ n: number }>(sql, this.#values)[0]?.n ?? 0;
    });
    return sizes.reduce((sum, n) => sum + n, 0);
  }

  /** Whether rows of the index may not match. */
  get #hasOtherFilters(): boolean {
    return Object.keys(COLUMNS).some(
      (name) => name !== this.#source && this.#filter[name as Member] !== undefined,
    );
  }

  #read(end: Place | undefined, limit: number): AuditRow[] {
    const sql = this.#select(AUDIT_COLUMNS, memberConditions(this.#filter, this.#source), end);
    if (sql === undefined) return [];
    const values = { ...this.#placeValues(), ...(end && { endAt: end.at, endId: end.id }), limit };
    return this.#statements.all<AuditRow>(`${sql} LIMIT :limit`, { ...this.#values, ...values });
  }

  /** The last of the next rows of the index, undefined when there are fewer. */
  #placeAfter(count: number): Place | undefined {
    const sql = this.#select('at, id');
    if (sql === undefined) return undefined;
    const values = { ...this.#values, ...this.#placeValues() };
    return this.#statements.all<Place>(`${sql} LIMIT 1 OFFSET ${count - 1}`, values)[0];
  }

  #placeValues(): Record<string, Value> {
    return this.#after === undefined ? {} : { afterAt: this.#after.at, afterId: this.#after.id };
  }

  /** At most one bound of each side: SQLite goes to only one of two, which may be the farther. */
  #timeConditions(end: Place | undefined): string[] {
    const { since, until } = this.#filter;
    return [
      ...(this.#after === undefined
        ? timeConditions({ until })
        : ['at <= :afterAt', '(at < :afterAt OR id < :afterId)']),
      ...(end === undefined ? timeConditions({ since }) : ['at >= :endAt', '(at > :endAt OR id >= :endId)']),
    ];
  }

  /**
   * One SELECT for each value of the index, which SQLite merges by time.
   * @returns undefined when there is no value
   */
  #select(columns: string, conditions: readonly string[] = [], end?: Place): string | undefined {
    const source = this.#source;
    const index = source === undefined ? 'audit_at' : INDEXES[source].index;
    const all = [...conditions, ...this.#timeConditions(end)];
    const branches =
      source === undefined
        ? [all]
        : listOf(this.#filter[source]).map((_, n) => [valueCondition(source, n)].concat(all));
    if (branches.length === 0) return undefined;
    const selects = branches.map(
      (branch) => `SELECT ${columns} FROM audit INDEXED BY ${index} WHERE ${branch.join(' AND ') || 'true'}`,
    );
    return `${selects.join(' UNION ALL ')} ORDER BY at DESC, id DESC`;
  }
}

/** The conditions of all members but that of the index. */
function memberConditions(filter: AuditFilter, source: Indexed | undefined): string[] {
  return Object.entries(COLUMNS).flatMap(([name, column]) => {
    const wanted = filter[name as Member];
    if (name === source || wanted === undefined) return [];
    return `${column} IN (${listOf(wanted)
      .map((_, n) => `:${name}${n}`)
      .join(', ')})`;
  });
}

function valueCondition(name: Indexed, n: number): string {
  return `${INDEXES[name].column} = :${name}${n}`;
}

function timeConditions({ since, until }: AuditFilter): string[] {
  return [...(since === undefined ? [] : ['at >= :since']), ...(until === undefined ? [] : ['at < :until'])];
}

function valuesOf(filter: AuditFilter): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const name of Object.keys(COLUMNS)) {
    for (const [n, value] of listOf(filter[name as Member]).entries()) values[`${name}${n}`] = value;
  }
  if (filter.since !== undefined) values.since = filter.since;
  if (filter.until !== undefined) values.until = filter.until;
  return values;
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return typeof value === 'string' ? [value] : (value ?? []);
}
