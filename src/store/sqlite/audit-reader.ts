import type { AuditFilter } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Statement, Value } from './driver.ts';
import { AUDIT_COLUMNS, type AuditRow } from './rows.ts';

/**
 * Reads audit events through the index that selects the fewest rows. SQLite cannot know which one that is: its statistics have the average
 * of all values, and one client may have a million events while another has three. So the rows of each index are counted first, up to a
 * limit.
 */

/** Rows of an index beyond which it counts as large. */
const MAX_COUNTED = 1000;

/** In order of preference among large ones. */
const INDEXES = {
  ip: { index: 'audit_ip', column: 'ip' },
  accountId: { index: 'audit_account_id', column: 'account_id' },
  type: { index: 'audit_type', column: 'type' },
  clientId: { index: 'audit_client_id', column: 'client_id' },
} as const;

type Indexed = keyof typeof INDEXES;

/** The index to read through, undefined for the one of all events by time. */
type Source = Indexed | undefined;

/** A page of the events older than `after`. */
interface Page {
  after?: { at: number; id: number } | undefined;
  limit: number;
}

export class AuditReader {
  readonly #connection: Connection;
  readonly #prepared = new Map<string, Statement<never>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  choose(filter: AuditFilter): Source {
    const given = Object.keys(INDEXES).filter((name): name is Indexed => name in filter && filter[name as Indexed] !== undefined);
    if (given.length < 2) return given[0];
    const sizes = given.map((name) => ({ name, size: this.#count(name, filter) }));
    return sizes.reduce((best, other) => (other.size < best.size ? other : best)).name;
  }

  /** Newest first. */
  read(source: Source, filter: AuditFilter, { after, limit }: Page): AuditRow[] {
    const values: Record<string, Value> = { ...conditionsOf(filter).values, limit };
    if (after !== undefined) Object.assign(values, { beforeAt: after.at, beforeId: after.id });
    const sql = selectSql(source, filter, after !== undefined);
    return sql === undefined ? [] : this.#prepare<AuditRow>(sql).all(values);
  }

  /** Rows of an index in the span of time, at most `MAX_COUNTED` for each value. */
  #count(name: Indexed, { since, until, ...filter }: AuditFilter): number {
    const { index, column } = INDEXES[name];
    const span = conditionsOf({ since, until });
    const conditions = [`${column} = :value`, ...span.conditions].join(' AND ');
    const statement = this.#prepare<{ n: number }>(`
      SELECT count(*) AS n FROM (SELECT 1 FROM audit INDEXED BY ${index} WHERE ${conditions} LIMIT ${MAX_COUNTED})`);
    return valuesOf(filter, name)
      .map((value) => statement.get({ value, ...span.values })?.n ?? 0)
      .reduce((sum, n) => sum + n, 0);
  }

  #prepare<Row>(sql: string): Statement<Row> {
    const known = this.#prepared.get(sql) as Statement<Row> | undefined;
    if (known !== undefined) return known;
    const statement = this.#connection.prepare<Row>(sql);
    this.#prepared.set(sql, statement as Statement<never>);
    return statement;
  }
}

/**
 * One SELECT for each value of the index. SQLite merges them by time and stops at the limit.
 * @returns undefined when there is no value
 */
function selectSql(source: Source, filter: AuditFilter, isContinued: boolean): string | undefined {
  const index = source === undefined ? 'audit_at' : INDEXES[source].index;
  const { conditions } = conditionsOf(filter, source);
  if (isContinued) conditions.push('at <= :beforeAt', '(at < :beforeAt OR id < :beforeId)');
  const branches = source === undefined ? [''] : valuesOf(filter, source).map((_, n) => branch(source, n));
  const selects = branches.map((condition) => {
    const all = [...(condition === '' ? [] : [condition]), ...conditions].join(' AND ') || 'true';
    return `SELECT ${AUDIT_COLUMNS} FROM audit INDEXED BY ${index} WHERE ${all}`;
  });
  if (selects.length === 0) return undefined;
  return `${selects.join(' UNION ALL ')} ORDER BY at DESC, id DESC LIMIT :limit`;
}

function branch(name: Indexed, n: number): string {
  return `${INDEXES[name].column} = :${name}${n}`;
}

/** @param except a member whose condition is in the branches */
function conditionsOf(
  filter: AuditFilter,
  except?: Indexed,
): { conditions: string[]; values: Record<string, Value> } {
  const { traceId, since, until } = filter;
  const conditions: string[] = [];
  const values: Record<string, Value> = {};
  for (const [name, { column }] of Object.entries(INDEXES)) {
    const wanted = valuesOf(filter, name as Indexed);
    for (const [n, value] of wanted.entries()) values[`${name}${n}`] = value;
    if (name === except || filter[name as Indexed] === undefined) continue;
    conditions.push(`${column} IN (${wanted.map((_, n) => `:${name}${n}`).join(', ')})`);
  }
  if (traceId !== undefined) add('trace_id = :traceId', { traceId });
  if (since !== undefined) add('at >= :since', { since });
  if (until !== undefined) add('at < :until', { until });
  return { conditions, values };

  function add(condition: string, value: Record<string, Value>): void {
    conditions.push(condition);
    Object.assign(values, value);
  }
}

function valuesOf(filter: AuditFilter, name: Indexed): readonly string[] {
  const value = filter[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
