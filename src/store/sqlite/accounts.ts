import { ConflictError } from '../errors.ts';
import type { AccountChange, AccountRecord, AccountStore } from '../store.ts';
import type { Connection } from './connection.ts';

/** People who sign in. */
export class SqliteAccounts implements AccountStore {
  readonly #connection: Connection;
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#sql = prepareStatements(connection);
  }

  create(account: AccountRecord): Promise<void> {
    const row = toRow(account);
    return this.#connection.write(() => {
      if (this.#sql.create.run(row) === 0) throw new ConflictError('the account id or the username is taken');
    });
  }

  find(id: string): Promise<AccountRecord | undefined> {
    return this.#connection.read(() => this.#find(id));
  }

  findByUsername(username: string): Promise<AccountRecord | undefined> {
    return this.#connection.read(() => {
      const row = this.#sql.findByUsername.get({ username });
      return row && fromRow(row);
    });
  }

  update(id: string, change: AccountChange): Promise<AccountRecord | undefined> {
    return this.#connection.write(() => {
      const current = this.#find(id);
      const values = current && change(current);
      if (!current || !values) return undefined;
      const changed = { ...current, ...values, id, createdAt: current.createdAt };
      if (this.#sql.replace.run(toRow(changed)) === 0) throw new ConflictError('the username is taken');
      return changed;
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#connection.write(() => this.#sql.remove.run({ id }) === 1);
  }

  list({ after = '', limit }: { after?: string | undefined; limit: number }): Promise<AccountRecord[]> {
    return this.#connection.read(() => this.#sql.list.all({ after, limit }).map(fromRow));
  }

  #find(id: string): AccountRecord | undefined {
    const row = this.#sql.find.get({ id });
    return row && fromRow(row);
  }
}

interface AccountRow {
  id: string;
  username: string;
  passwordHash: string | null;
  claims: string;
  disabled: number;
  generation: number;
  createdAt: number;
  updatedAt: number;
}

function toRow(account: AccountRecord) {
  return {
    id: account.id,
    username: account.username,
    passwordHash: account.passwordHash ?? null,
    claims: JSON.stringify(account.claims),
    disabled: account.disabled ? 1 : 0,
    generation: account.generation,
    createdAt: account.createdAt,
    updatedAt: account.updatedAt,
  };
}

function fromRow(row: AccountRow): AccountRecord {
  const claims: AccountRecord['claims'] = JSON.parse(row.claims);
  return {
    id: row.id,
    username: row.username,
    passwordHash: row.passwordHash ?? undefined,
    claims,
    disabled: row.disabled === 1,
    generation: row.generation,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

const SELECT = `
  SELECT id, username, password_hash AS passwordHash, claims, disabled, generation,
    created_at AS createdAt, updated_at AS updatedAt
  FROM accounts`;

function prepareStatements(connection: Connection) {
  return {
    create: connection.prepare(`
      INSERT INTO accounts (id, username, password_hash, claims, disabled, generation, created_at, updated_at)
      VALUES (:id, :username, :passwordHash, :claims, :disabled, :generation, :createdAt, :updatedAt)
      ON CONFLICT DO NOTHING`),

    // OR IGNORE: no row changes when the username is another account's.
    replace: connection.prepare(`
      UPDATE OR IGNORE accounts SET username = :username, password_hash = :passwordHash, claims = :claims,
        disabled = :disabled, generation = :generation, created_at = :createdAt, updated_at = :updatedAt
      WHERE id = :id`),

    find: connection.prepare<AccountRow>(`${SELECT} WHERE id = :id`),
    findByUsername: connection.prepare<AccountRow>(`${SELECT} WHERE username = :username`),
    list: connection.prepare<AccountRow>(`${SELECT} WHERE username > :after ORDER BY username LIMIT :limit`),
    remove: connection.prepare('DELETE FROM accounts WHERE id = :id'),
  };
}
