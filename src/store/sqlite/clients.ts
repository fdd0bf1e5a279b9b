import { ConflictError } from '../errors.ts';
import type { ClientChange, ClientRecord, ClientStore } from '../store.ts';
import type { Connection } from './connection.ts';
import { CLIENT_COLUMNS, type ClientRow, fromClientRow, INSERT_CLIENT, toClientRow } from './rows.ts';

/** Clients (applications). */
export class SqliteClients implements ClientStore {
  readonly #connection: Connection;
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#sql = prepareStatements(connection);
  }

  create(client: ClientRecord): Promise<void> {
    const row = toClientRow(client);
    return this.#connection.write(() => {
      if (this.#sql.create.run(row) === 0) throw new ConflictError('the client id is taken');
    });
  }

  find(id: string): Promise<ClientRecord | undefined> {
    return this.#connection.read(() => {
      const row = this.#sql.find.get({ id });
      return row && fromClientRow(row);
    });
  }

  update(id: string, change: ClientChange): Promise<ClientRecord | undefined> {
    return this.#connection.write(() => {
      const row = this.#sql.find.get({ id });
      const values = row && change(fromClientRow(row));
      if (!values) return undefined;
      const changed = { ...values, id };
      this.#sql.replace.run(toClientRow(changed));
      return changed;
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#connection.write(() => {
      this.#sql.removeJobs.run({ id });
      return this.#sql.remove.run({ id }) === 1;
    });
  }

  list(page: {
    after?: string | undefined;
    limit: number;
    source?: ClientRecord['source'] | undefined;
  }): Promise<ClientRecord[]> {
    const { after = '', limit, source } = page;
    return this.#connection.read(() => {
      const rows =
        source === undefined
          ? this.#sql.list.all({ after, limit })
          : this.#sql.listSource.all({ after, limit, source });
      return rows.map(fromClientRow);
    });
  }
}

const SELECT = `SELECT ${CLIENT_COLUMNS} FROM clients`;

function prepareStatements(connection: Connection) {
  return {
    create: connection.prepare(`${INSERT_CLIENT} ON CONFLICT DO NOTHING`),
    replace: connection.prepare(`
      UPDATE clients SET instance = :instance, metadata = :metadata, secrets = :secrets, source = :source,
        registration = :registration, created_at = :createdAt, updated_at = :updatedAt
      WHERE id = :id`),
    find: connection.prepare<ClientRow>(`${SELECT} WHERE id = :id`),
    list: connection.prepare<ClientRow>(`${SELECT} WHERE id > :after ORDER BY id LIMIT :limit`),
    listSource: connection.prepare<ClientRow>(`${SELECT}
      WHERE source = :source AND id > :after ORDER BY id LIMIT :limit`),
    remove: connection.prepare('DELETE FROM clients WHERE id = :id'),
    removeJobs: connection.prepare('DELETE FROM jobs WHERE client_id = :id'),
  };
}
