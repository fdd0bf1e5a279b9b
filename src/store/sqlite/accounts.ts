import { findAccounts } from '../account-search/find-accounts.ts';
import { prepareFilter, termsOf } from '../account-search/terms.ts';
import { emailKey } from '../email-key.ts';
import { ConflictError } from '../errors.ts';
import { sessionsEndedBy } from '../session-ends.ts';
import type { AccountChange, AccountFilter, AccountRecord, AccountStore, ChangeJobs } from '../store.ts';
import { AccountIndexWriter } from './account-index.ts';
import { SqliteAccountSearch } from './account-search.ts';
import type { Connection } from './connection.ts';
import type { SqliteJobs } from './jobs.ts';
import {
  ACCOUNT_COLUMNS,
  type AccountRow,
  fromAccountRow,
  INSERT_ACCOUNT,
  lines,
  toAccountRow,
  toNewAccountRow,
} from './rows.ts';
import type { SessionJobs } from './session-jobs.ts';

/** Accounts. */
export class SqliteAccounts implements AccountStore {
  readonly #connection: Connection;
  readonly #sessionJobs: SessionJobs;
  readonly #jobs: Pick<SqliteJobs, 'add'>;
  readonly #sql: ReturnType<typeof prepareStatements>;
  readonly #search: SqliteAccountSearch;
  /** Prepared for the first change that concerns the index. */
  #index: AccountIndexWriter | undefined;
  #uniqueEmail = false;

  constructor(connection: Connection, sessionJobs: SessionJobs, jobs: Pick<SqliteJobs, 'add'>) {
    this.#connection = connection;
    this.#sessionJobs = sessionJobs;
    this.#jobs = jobs;
    this.#sql = prepareStatements(connection);
    this.#search = new SqliteAccountSearch(connection);
  }

  create(account: AccountRecord): Promise<void> {
    const row = toNewAccountRow(account, lines(termsOf(account)));
    return this.#connection.write(() => {
      this.#refuseTakenEmail(row);
      if (this.#sql.create.run(row) === 0) throw new ConflictError('the account id or the username is taken');
      this.#writeIndex().add(account);
    });
  }

  find(id: string): Promise<AccountRecord | undefined> {
    const { records } = this.#connection;
    return this.#connection.read(() => {
      const cached = records.findAccount(id);
      if (cached) return cached;
      const account = this.#find(id);
      if (account) records.keepAccount(account);
      return account;
    });
  }

  findByUsername(username: string): Promise<AccountRecord | undefined> {
    return this.#connection.read(() => {
      const row = this.#sql.findByUsername.get({ username });
      return row && fromAccountRow(row);
    });
  }

  findByEmail(address: string, limit: number): Promise<AccountRecord[]> {
    const email = emailKey(address);
    if (email === undefined) return Promise.resolve([]);
    return this.#connection.read(() => this.#sql.findByEmail.all({ email, limit }).map(fromAccountRow));
  }

  update(id: string, change: AccountChange, jobs?: ChangeJobs): Promise<AccountRecord | undefined> {
    return this.#connection.write(() => {
      const current = this.#find(id);
      const values = current && change(current);
      if (!current || !values) return undefined;
      const changed = { ...current, ...values, id, createdAt: current.createdAt };
      const row = toAccountRow(changed);
      if (row.email !== toAccountRow(current).email) this.#refuseTakenEmail(row);
      if (this.#sql.replace.run(row) === 0) throw new ConflictError('the username is taken');
      if ('username' in values || 'claims' in values) this.#writeIndex().replace(current, changed);
      this.#sessionJobs.enqueueOfAccount(id, sessionsEndedBy(current, changed));
      if (jobs !== undefined) this.#jobs.add(jobs(changed));
      return changed;
    });
  }

  remove(id: string, jobs?: ChangeJobs): Promise<boolean> {
    return this.#connection.write(() => {
      const account = this.#find(id);
      if (account === undefined) return false;
      this.#writeIndex().remove(account);
      this.#sessionJobs.enqueueOfAccount(id, sessionsEndedBy(account, undefined));
      if (jobs !== undefined) this.#jobs.add(jobs(account));
      return this.#sql.remove.run({ id }) === 1;
    });
  }

  async list({
    after = '',
    limit,
    ...filter
  }: AccountFilter & { after?: string | undefined; limit: number }): Promise<AccountRecord[]> {
    const prepared = prepareFilter(filter);
    if (prepared === undefined)
      return this.#connection.read(() => this.#sql.list.all({ after, limit }).map(fromAccountRow));
    return findAccounts(this.#search, prepared, { after, limit });
  }

  /** Opening the database completes it; an older version that was not ended yet may have added accounts since. */
  async completeIndex(limit: number): Promise<number> {
    const missing = await this.#connection.read(() => this.#sql.notIndexed.get());
    return missing === undefined ? 0 : this.#connection.write(() => this.#writeIndex().addMissing(limit));
  }

  requireUniqueEmail(): Promise<void> {
    this.#uniqueEmail = true;
    return Promise.resolve();
  }

  sharedEmails(limit: number): Promise<string[][]> {
    return this.#connection.read(() =>
      this.#sql.sharedEmails
        .all({ limit })
        .map(({ email }) => this.#sql.usernamesOf.all({ email }).map(({ username }) => username)),
    );
  }

  /** Called inside the write transaction; SQLite runs one at a time over all processes. */
  #refuseTakenEmail({ id, email }: { id: string; email: string | null }): void {
    if (!this.#uniqueEmail || email === null) return;
    if (this.#sql.othersWithEmail.get({ id, email }))
      throw new ConflictError('the email address is taken', 'email');
  }

  #writeIndex(): AccountIndexWriter {
    return (this.#index ??= new AccountIndexWriter(this.#connection));
  }

  #find(id: string): AccountRecord | undefined {
    const row = this.#sql.find.get({ id });
    return row && fromAccountRow(row);
  }
}

const SELECT = `SELECT ${ACCOUNT_COLUMNS} FROM accounts`;

function prepareStatements(connection: Connection) {
  return {
    create: connection.prepare(`${INSERT_ACCOUNT} ON CONFLICT DO NOTHING`),

    // OR IGNORE: changes no row when another account has the username.
    replace: connection.prepare(`
      UPDATE OR IGNORE accounts SET username = :username, password_hash = :passwordHash, claims = :claims, email = :email,
        disabled = :disabled, generation = :generation, revocations = :revocations, details = :details,
        created_at = :createdAt, updated_at = :updatedAt
      WHERE id = :id`),

    find: connection.prepare<AccountRow>(`${SELECT} WHERE id = :id`),
    findByUsername: connection.prepare<AccountRow>(`${SELECT} WHERE username = :username`),
    findByEmail: connection.prepare<AccountRow>(`${SELECT} WHERE email = :email LIMIT :limit`),
    list: connection.prepare<AccountRow>(`${SELECT} WHERE username > :after ORDER BY username LIMIT :limit`),
    remove: connection.prepare('DELETE FROM accounts WHERE id = :id'),

    notIndexed: connection.prepare<object>(
      'SELECT 1 FROM accounts INDEXED BY accounts_not_indexed WHERE terms IS NULL LIMIT 1',
    ),
    othersWithEmail: connection.prepare<object>(
      'SELECT 1 FROM accounts WHERE email = :email AND id <> :id LIMIT 1',
    ),
    sharedEmails: connection.prepare<{ email: string }>(`
      SELECT email FROM accounts WHERE email IS NOT NULL GROUP BY email HAVING count(*) > 1 LIMIT :limit`),
    usernamesOf: connection.prepare<{ username: string }>(
      'SELECT username FROM accounts WHERE email = :email ORDER BY username',
    ),
  };
}
