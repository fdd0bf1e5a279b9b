import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

/**
 * The only file that imports `node:sqlite`, whose module is to be renamed. It provides typed statements and the names of SQLite's result
 * codes, and knows no table.
 */

export type Value = null | number | string | Uint8Array;

/** A prepared statement; a parameter is `:likeThis` in the SQL and `likeThis` here. */
export interface Statement<Row> {
  get(values?: Record<string, Value>): Row | undefined;
  all(values?: Record<string, Value>): Row[];
  /** @returns the number of rows changed */
  run(values?: Record<string, Value>): number;
}

/** One connection. Everything is synchronous. */
export class Database {
  readonly #handle: DatabaseSync;

  /**
   * @param path a file, or `:memory:`
   * @param busyTimeout milliseconds for which a statement blocks when another process holds the lock
   */
  constructor(path: string | URL, busyTimeout: number) {
    this.#handle = new DatabaseSync(path, { timeout: busyTimeout, enableForeignKeyConstraints: true });
  }

  /** Reads the file without its log, takes no lock and writes nothing. https://www.sqlite.org/uri.html#uriimmutable */
  static openImmutable(path: string): Database {
    const url = pathToFileURL(path);
    url.search = 'mode=ro&immutable=1';
    return new Database(url, 0);
  }

  get inTransaction(): boolean {
    return this.#handle.isTransaction;
  }

  exec(sql: string): void {
    this.#handle.exec(sql);
  }

  /** Defines an SQL function of one argument on this connection. Its result must depend on the argument alone. */
  define(name: string, work: (value: Value) => Value): void {
    this.#handle.function(name, { deterministic: true }, (value) =>
      work(typeof value === 'bigint' ? Number(value) : value),
    );
  }

  /** The caller guarantees that `Row` is what the SQL selects. */
  prepare<Row = never>(sql: string): Statement<Row> {
    const { text, names } = numberParameters(sql);
    const statement = this.#handle.prepare(text);
    return {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place where a row gets its type
      get: (values = NONE) => statement.get(...inOrder(names, values)) as Row | undefined,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
      all: (values = NONE) => statement.all(...inOrder(names, values)) as Row[],
      run: (values = NONE) => Number(statement.run(...inOrder(names, values)).changes),
    };
  }

  close(): void {
    this.#handle.close();
  }
}

const NONE = {};

/** Names of parameters as numbers: `node:sqlite` takes three times as long for a statement with eight values by name as by number. */
function numberParameters(sql: string): { text: string; names: readonly string[] } {
  const names: string[] = [];
  const text = sql.replace(/:([a-z]\w*)/gi, (_, name: string) => {
    if (!names.includes(name)) names.push(name);
    return `?${names.indexOf(name) + 1}`;
  });
  return { text, names };
}

/** @throws TypeError when a value is missing */
function inOrder(names: readonly string[], values: Record<string, Value>): Value[] {
  const ordered: Value[] = [];
  for (const name of names) {
    const value = values[name];
    if (value === undefined) throw new TypeError(`the parameter ${name} has no value`);
    ordered.push(value);
  }
  return ordered;
}

/** Names of primary result codes: https://www.sqlite.org/rescode.html. */
const RESULT_CODES = {
  1: 'ERROR',
  5: 'BUSY',
  8: 'READONLY',
  10: 'IOERR',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'CANTOPEN',
  18: 'TOOBIG',
  19: 'CONSTRAINT',
  20: 'MISMATCH',
  25: 'RANGE',
  26: 'NOTADB',
} as const;

export type ResultCode = (typeof RESULT_CODES)[keyof typeof RESULT_CODES] | 'OTHER';

/** The primary result code of an error that SQLite raised, undefined for any other error. */
export function resultCode(error: unknown): ResultCode | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  const names: Record<number, ResultCode> = RESULT_CODES;
  return names[error.errcode & 0xff] ?? 'OTHER';
}
