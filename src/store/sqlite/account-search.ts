import { type AccountIndex, type AccountList, compareUsernames } from '../account-search/find-accounts.ts';
import { AFTER_ANY, matchesFilter, type PreparedFilter } from '../account-search/terms.ts';
import type { AccountRecord } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Statement, Value } from './driver.ts';
import { ACCOUNT_COLUMNS, type AccountRow, fromAccountRow } from './rows.ts';

/**
 * The steps of a search, each one read of the database, in the order of an index that holds the usernames. What is found is compared with
 * the accounts: a process of an older version, which was not ended yet, may have changed one without its terms and groups.
 */
export class SqliteAccountSearch implements AccountIndex {
  readonly #connection: Connection;
  /** By their text; prepared when needed, because most processes never search. */
  readonly #statements = new Map<string, Statement<never>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  walk(
    list: AccountList,
    filter: PreparedFilter,
    { after, count, limit }: { after: string; count: number; limit: number },
  ): Promise<{ found: AccountRecord[]; last: string | undefined }> {
    const { names, from, where, username } = LISTS[list];
    const values = list === 'username' ? usernamesAfter(after, filter) : { after, ...ofList(list, filter) };
    const conditions = [...ofText(filter, list), ...ofGroup(filter, list), ...ofState(filter, list)];
    return this.#connection.read(() => {
      const last = this.#statement<Named>(
        `SELECT ${username} AS username FROM ${names} WHERE ${where} ORDER BY ${username} LIMIT 1 OFFSET :skip`,
      ).get({ ...values, skip: count - 1 })?.username;
      if (last !== undefined) conditions.push({ sql: `${username} <= :last`, values: { last } });
      const found = this.#statement<AccountRow>(
        `SELECT ${ACCOUNT_COLUMNS} FROM ${from} WHERE ${[where, ...conditions.map(({ sql }) => sql)].join(' AND ')}
        ORDER BY ${username} LIMIT :limit`,
      ).all(Object.assign({ limit }, values, ...conditions.map((condition) => condition.values)));
      return {
        found: found.map(fromAccountRow).filter((account) => matchesFilter(account, filter)),
        last: found.length < limit ? last : found.at(-1)?.username,
      };
    });
  }

  gather(
    filter: PreparedFilter,
    { term, after, count, limit }: { term: string | undefined; after: string; count: number; limit: number },
  ): Promise<{ usernames: string[]; next: string | undefined }> {
    const { from, to } = beginningWith(filter.text);
    const [start = from, startName = ''] = term?.split('\n') ?? [];
    const values = { start, startName, to };
    const conditions = [...ofGroup(filter, 'terms'), ...ofState(filter, 'terms')];
    return this.#connection.read(() => {
      const next = this.#statement<Named & { term: string }>(
        `SELECT term, username FROM ${TERMS} LIMIT 1 OFFSET :skip`,
      ).get({ ...values, skip: count - 1 });
      const usernames = this.#statement<Named>(
        `SELECT DISTINCT username FROM (SELECT username FROM ${TERMS} LIMIT :count) AS terms
        WHERE ${['username > :after', ...conditions.map(({ sql }) => sql)].join(' AND ')} ORDER BY username LIMIT :limit`,
      ).all(
        Object.assign({ after, count, limit }, values, ...conditions.map((condition) => condition.values)),
      );
      return {
        usernames: usernames.map(({ username }) => username),
        next: next && `${next.term}\n${next.username}`,
      };
    });
  }

  load(usernames: readonly string[], filter: PreparedFilter): Promise<AccountRecord[]> {
    return this.#connection.read(() =>
      this.#statement<AccountRow>(
        `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE username IN (SELECT value FROM json_each(:usernames))
        ORDER BY username`,
      )
        .all({ usernames: JSON.stringify(usernames) })
        .map(fromAccountRow)
        .filter((account) => matchesFilter(account, filter)),
    );
  }

  #statement<Row>(sql: string): Statement<Row> {
    let statement: Statement<unknown> | undefined = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement as Statement<never>);
    }
    return statement as Statement<Row>;
  }
}

interface Named {
  username: string;
}

/** `names` has the usernames of a list, `from` its accounts. */
const LISTS: Readonly<Record<AccountList, Record<'names' | 'from' | 'where' | 'username', string>>> = {
  all: {
    names: 'accounts',
    from: 'accounts',
    where: 'accounts.username > :after',
    username: 'accounts.username',
  },
  username: {
    names: 'accounts',
    from: 'accounts',
    where: 'accounts.username >= :start AND accounts.username < :to',
    username: 'accounts.username',
  },
  disabled: {
    names: 'accounts INDEXED BY accounts_disabled',
    from: 'accounts INDEXED BY accounts_disabled',
    where: 'accounts.disabled = 1 AND accounts.username > :after',
    username: 'accounts.username',
  },
  group: {
    names: 'account_groups',
    // CROSS JOIN: SQLite keeps the order of the tables, so that the group is read in its order.
    from: 'account_groups CROSS JOIN accounts USING (username)',
    where: 'account_groups.name = :group AND account_groups.username > :after',
    username: 'account_groups.username',
  },
};

const TERMS = `account_terms WHERE (term, username) > (:start, :startName) AND term < :to ORDER BY term, username`;

/** The texts that begin with a text. */
function beginningWith(text = ''): { from: string; to: string } {
  return { from: text, to: text + AFTER_ANY };
}

/** One lower bound: of two, SQLite would use the first to find the place in the index, which may be far away. */
function usernamesAfter(after: string, { text = '' }: PreparedFilter): { start: string; to: string } {
  const { from, to } = beginningWith(text);
  return { start: compareUsernames(after, from) < 0 ? from : `${after}\0`, to };
}

function ofList(list: AccountList, { group = '' }: PreparedFilter): Record<string, Value> {
  return list === 'group' ? { group } : {};
}

interface Condition {
  sql: string;
  values: Record<string, Value>;
}

/** The rows of a step: accounts, which were read by one of the lists, or terms. */
type Rows = AccountList | 'terms';

function ofText({ text }: PreparedFilter, rows: Rows): Condition[] {
  if (text === undefined || rows === 'username') return [];
  const sql =
    '(instr(accounts.terms, :line) > 0 OR (accounts.username >= :from AND accounts.username < :to))';
  return [{ sql, values: { line: `\n${text}`, ...beginningWith(text) } }];
}

function ofGroup({ group }: PreparedFilter, rows: Rows): Condition[] {
  if (group === undefined || rows === 'group') return [];
  const username = rows === 'terms' ? 'terms.username' : 'accounts.username';
  const sql = `EXISTS (SELECT 1 FROM account_groups AS own WHERE own.name = :group AND own.username = ${username})`;
  return [{ sql, values: { group } }];
}

function ofState({ disabled }: PreparedFilter, rows: Rows): Condition[] {
  if (disabled === undefined || rows === 'disabled') return [];
  const exists = `EXISTS (SELECT 1 FROM accounts INDEXED BY accounts_disabled WHERE disabled = 1 AND username = terms.username)`;
  if (rows === 'terms') return [{ sql: disabled ? exists : `NOT ${exists}`, values: {} }];
  return [{ sql: `accounts.disabled = ${disabled ? 1 : 0}`, values: {} }];
}
