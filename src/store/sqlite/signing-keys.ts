import type { SigningKeyChange, SigningKeyRecord, SigningKeyStore } from '../store.ts';
import type { Connection } from './connection.ts';

/** Sealed signing keys, oldest first. */
export class SqliteSigningKeys implements SigningKeyStore {
  readonly #connection: Connection;
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#sql = prepareStatements(connection);
  }

  async put({ kid, sealed, createdAt }: SigningKeyRecord): Promise<void> {
    await this.#connection.write(() => this.#sql.put.run({ kid, sealed, createdAt }));
  }

  list(): Promise<SigningKeyRecord[]> {
    return this.#connection.read(() =>
      this.#sql.list.all().map(({ kid, sealed, createdAt }) => ({ kid, sealed, createdAt })),
    );
  }

  update(kid: string, change: SigningKeyChange): Promise<boolean> {
    return this.#connection.write(() => {
      const current = this.#sql.find.get({ kid });
      const changed = current && change({ ...current });
      if (changed === undefined) return false;
      const { sealed, createdAt } = changed;
      return this.#sql.put.run({ kid, sealed, createdAt }) === 1;
    });
  }

  remove(kid: string): Promise<boolean> {
    return this.#connection.write(() => this.#sql.remove.run({ kid }) === 1);
  }
}

function prepareStatements(connection: Connection) {
  return {
    put: connection.prepare(`
      INSERT INTO signing_keys (kid, sealed, created_at) VALUES (:kid, :sealed, :createdAt)
      ON CONFLICT (kid) DO UPDATE SET sealed = excluded.sealed, created_at = excluded.created_at`),
    list: connection.prepare<SigningKeyRecord>(
      'SELECT kid, sealed, created_at AS createdAt FROM signing_keys ORDER BY created_at, kid',
    ),
    find: connection.prepare<SigningKeyRecord>(
      'SELECT kid, sealed, created_at AS createdAt FROM signing_keys WHERE kid = :kid',
    ),
    remove: connection.prepare('DELETE FROM signing_keys WHERE kid = :kid'),
  };
}
