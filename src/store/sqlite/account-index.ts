import { groupsOf, termsOf } from '../account-search/terms.ts';
import type { AccountRecord } from '../store.ts';
import { type Database, resultCode, type Statement } from './driver.ts';
import { CACHE } from './page-cache.ts';
import { type AccountRow, lines } from './rows.ts';

/**
 * The index of searches: a row for each term and for each group of an account. Its writes belong into the transaction that changes the
 * account. The column `terms` of an account has its terms once more: for a walk through accounts, so that exactly these rows are deleted,
 * and to tell the accounts that are not in the index, because they were there before it was.
 */
export class AccountIndexWriter {
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(connection: { prepare<Row = never>(sql: string): Statement<Row> }) {
    this.#sql = prepareStatements(connection);
  }

  /** The row of the account has its terms. */
  add(account: AccountRecord): void {
    const { username } = account;
    for (const term of termsOf(account)) this.#sql.addTerm.run({ term, username });
    for (const name of groupsOf(account)) this.#sql.addGroup.run({ name, username });
  }

  /** Before or after the row of the account is changed, except for its terms. */
  replace(before: AccountRecord, after: AccountRecord): void {
    const { id } = after;
    const stored = this.#termsOf(id);
    if (stored === undefined) return;
    const terms = { before: stored, after: termsOf(after) };
    const groups = { before: groupsOf(before), after: groupsOf(after) };
    const renamed = before.username !== after.username;
    const without = (these: readonly string[], others: readonly string[]) =>
      renamed ? these : these.filter((text) => !others.includes(text));
    let { username } = before;
    for (const term of without(terms.before, terms.after)) this.#sql.removeTerm.run({ term, username });
    for (const name of without(groups.before, groups.after)) this.#sql.removeGroup.run({ name, username });
    username = after.username;
    for (const term of without(terms.after, terms.before)) this.#sql.addTerm.run({ term, username });
    for (const name of without(groups.after, groups.before)) this.#sql.addGroup.run({ name, username });
    if (lines(terms.before) !== lines(terms.after)) this.#sql.setTerms.run({ id, terms: lines(terms.after) });
  }

  /** Before the row of the account is removed. */
  remove(account: AccountRecord): void {
    const { username } = account;
    for (const term of this.#termsOf(account.id) ?? []) this.#sql.removeTerm.run({ term, username });
    for (const name of groupsOf(account)) this.#sql.removeGroup.run({ name, username });
  }

  /** Adds up to `limit` accounts that are not in the index, and returns how many it has added. */
  addMissing(limit: number): number {
    const accounts = this.#sql.missing.all({ limit });
    const terms: string[] = [];
    const groups: string[] = [];
    for (const { id, username, claims } of accounts) {
      const account = { username, claims: parseClaims(claims) };
      const own = termsOf(account);
      this.#sql.setTerms.run({ id, terms: lines(own) });
      for (const term of own) terms.push(`${term}\0${username}`);
      for (const group of groupsOf(account)) groups.push(`${group}\0${username}`);
    }
    // In the order of the tables, so that each of their pages is written once.
    for (const [term, username] of terms.toSorted().map(splitEntry))
      this.#sql.addTerm.run({ term, username });
    for (const [name, username] of groups.toSorted().map(splitEntry))
      this.#sql.addGroup.run({ name, username });
    return accounts.length;
  }

  /** @returns undefined when the account is not in the index */
  #termsOf(id: string): string[] | undefined {
    return this.#sql.termsOf.get({ id })?.terms?.split('\n').slice(1);
  }
}

/**
 * Adds all accounts that are not in the index, in transactions of their own: a process that is killed meanwhile leaves the rest to the
 * next one, and several processes share the work.
 */
export function completeAccountIndex(database: Database): void {
  const first = database.prepare<{ id: string }>(`${NOT_INDEXED} ORDER BY rowid LIMIT 1`);
  let next = first.get()?.id;
  if (next === undefined) return;
  const index = new AccountIndexWriter(database);
  database.exec(CACHE.indexing);
  let lastProgress = performance.now();
  while (next !== undefined) {
    const before: string = next;
    try {
      database.exec('BEGIN IMMEDIATE');
      index.addMissing(CHUNK);
      database.exec('COMMIT');
    } catch (error) {
      if (database.inTransaction) database.exec('ROLLBACK');
      // Another process may be adding accounts.
      if (resultCode(error) !== 'BUSY' || performance.now() - lastProgress > MAX_WAIT_MS) throw error;
    }
    next = first.get()?.id;
    if (next !== before) lastProgress = performance.now();
  }
  database.exec(CACHE.serving);
}

/** For another process to add a chunk. */
const MAX_WAIT_MS = 30_000;

/** The same inside the transaction of the caller, whose cache is large. */
export function addAllMissing(database: Database): void {
  const index = new AccountIndexWriter(database);
  while (index.addMissing(CHUNK) === CHUNK);
}

/** Accounts at a time: a compromise between memory and writing every page of the tables again for each chunk. */
const CHUNK = 50_000;

const NOT_INDEXED = `SELECT id, username, claims FROM accounts INDEXED BY accounts_not_indexed WHERE terms IS NULL`;

function parseClaims(text: string): AccountRecord['claims'] {
  return JSON.parse(text);
}

/** @param entry `<text>\0<username>` */
function splitEntry(entry: string): [text: string, username: string] {
  const end = entry.lastIndexOf('\0');
  return [entry.slice(0, end), entry.slice(end + 1)];
}

function prepareStatements(connection: { prepare<Row = never>(sql: string): Statement<Row> }) {
  return {
    addTerm: connection.prepare(
      'INSERT OR IGNORE INTO account_terms (term, username) VALUES (:term, :username)',
    ),
    addGroup: connection.prepare(
      'INSERT OR IGNORE INTO account_groups (name, username) VALUES (:name, :username)',
    ),
    removeTerm: connection.prepare('DELETE FROM account_terms WHERE term = :term AND username = :username'),
    removeGroup: connection.prepare('DELETE FROM account_groups WHERE name = :name AND username = :username'),
    termsOf: connection.prepare<{ terms: string | null }>('SELECT terms FROM accounts WHERE id = :id'),
    setTerms: connection.prepare('UPDATE accounts SET terms = :terms WHERE id = :id'),
    missing: connection.prepare<Pick<AccountRow, 'id' | 'username' | 'claims'>>(
      `${NOT_INDEXED} ORDER BY rowid LIMIT :limit`,
    ),
  };
}
