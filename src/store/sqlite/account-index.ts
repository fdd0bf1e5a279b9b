import { groupsOf, termsOf } from '../account-search/terms.ts';
import type { AccountRecord } from '../store.ts';
import type { Statement } from './driver.ts';

/**
 * The index of searches: a row for each term and for each group of an account. Its writes belong into the transaction that changes the
 * account. The column `terms` of an account has its terms once more: for a walk through accounts, and so that exactly these are deleted.
 */
export class AccountIndexWriter {
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(connection: { prepare<Row = never>(sql: string): Statement<Row> }) {
    this.#sql = prepareStatements(connection);
  }

  add(account: AccountRecord): void {
    const { username } = account;
    for (const term of termsOf(account)) this.#sql.addTerm.run({ term, username });
    for (const name of groupsOf(account)) this.#sql.addGroup.run({ name, username });
  }

  /** @param before as it was stored; the row of the account already has its new content, except for the terms */
  replace(before: AccountRecord, after: AccountRecord): void {
    const { id } = after;
    const terms = {
      before: toLines(this.#sql.termsOf.get({ id })?.terms),
      after: termsOf(after),
    };
    const groups = { before: groupsOf(before), after: groupsOf(after) };
    const renamed = before.username !== after.username;
    const without = (these: readonly string[], others: readonly string[]) =>
      renamed ? these : these.filter((text) => !others.includes(text));
    const [old, username] = [before.username, after.username];
    for (const term of without(terms.before, terms.after)) this.#sql.removeTerm.run({ term, username: old });
    for (const name of without(groups.before, groups.after))
      this.#sql.removeGroup.run({ name, username: old });
    for (const term of without(terms.after, terms.before)) this.#sql.addTerm.run({ term, username });
    for (const name of without(groups.after, groups.before)) this.#sql.addGroup.run({ name, username });
    if (String(terms.before) !== String(terms.after)) this.#sql.setTerms.run({ id, terms: lines(terms.after) });
  }

  /** Before the row of the account is removed. */
  remove(account: AccountRecord): void {
    const { id, username } = account;
    for (const term of toLines(this.#sql.termsOf.get({ id })?.terms)) this.#sql.removeTerm.run({ term, username });
    for (const name of groupsOf(account)) this.#sql.removeGroup.run({ name, username });
  }
}

/** The column `terms`: a line break before each of them, so that one can be searched for by its beginning. */
export function lines(terms: readonly string[]): string {
  return terms.map((term) => `\n${term}`).join('');
}

/** @param text as `lines` returns it */
export function toLines(text = ''): string[] {
  return text.split('\n').slice(1);
}

function prepareStatements(connection: { prepare<Row = never>(sql: string): Statement<Row> }) {
  return {
    addTerm: connection.prepare('INSERT OR IGNORE INTO account_terms (term, username) VALUES (:term, :username)'),
    addGroup: connection.prepare('INSERT OR IGNORE INTO account_groups (name, username) VALUES (:name, :username)'),
    removeTerm: connection.prepare('DELETE FROM account_terms WHERE term = :term AND username = :username'),
    removeGroup: connection.prepare('DELETE FROM account_groups WHERE name = :name AND username = :username'),
    termsOf: connection.prepare<{ terms: string }>('SELECT terms FROM accounts WHERE id = :id'),
    setTerms: connection.prepare('UPDATE accounts SET terms = :terms WHERE id = :id'),
  };
}
