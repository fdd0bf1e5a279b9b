import type { SigningKeyChange, SigningKeyRecord, SigningKeyStore } from '../store.ts';
import type { Connection } from './connection.ts';

/** Sealed signing keys, oldest first. Those of RS256 and those of other algorithms are in two tables. */
export class SqliteSigningKeys implements SigningKeyStore {
  readonly #connection: Connection;
  readonly #sql: ReturnType<typeof prepareStatements>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#sql = prepareStatements(connection);
  }

  async put(key: SigningKeyRecord): Promise<void> {
    await this.#connection.write(() => this.#put(key));
  }

  list(): Promise<SigningKeyRecord[]> {
    return this.#connection.read(() => this.#sql.list.all().map(fromKeyRow));
  }

  update(kid: string, change: SigningKeyChange): Promise<boolean> {
    return this.#connection.write(() => {
      const current = this.#sql.find.get({ kid });
      const changed = current && change(fromKeyRow(current));
      return changed !== undefined && this.#put({ ...changed, kid }) === 1;
    });
  }

  remove(kid: string): Promise<boolean> {
    return this.#connection.write(
      () => this.#sql.remove.run({ kid }) + this.#sql.removeOther.run({ kid }) === 1,
    );
  }

  #put({ kid, alg, sealed, createdAt }: SigningKeyRecord): number {
    return alg === undefined
      ? this.#sql.put.run({ kid, sealed, createdAt })
      : this.#sql.putOther.run({ kid, alg, sealed, createdAt });
  }
}

export interface KeyRow {
  kid: string;
  alg: string | null;
  sealed: string;
  createdAt: number;
}

export const KEY_COLUMNS = 'kid, alg, sealed, created_at AS createdAt';

export function fromKeyRow({ kid, alg, sealed, createdAt }: KeyRow): SigningKeyRecord {
  return { kid, ...(alg !== null && { alg }), sealed, createdAt };
}

export const INSERT_KEY =
  'INSERT INTO signing_keys (kid, sealed, created_at) VALUES (:kid, :sealed, :createdAt)';
export const INSERT_OTHER_KEY =
  'INSERT INTO other_signing_keys (kid, alg, sealed, created_at) VALUES (:kid, :alg, :sealed, :createdAt)';

function prepareStatements(connection: Connection) {
  const replace =
    'ON CONFLICT (kid) DO UPDATE SET sealed = excluded.sealed, created_at = excluded.created_at';
  return {
    put: connection.prepare(`${INSERT_KEY} ${replace}`),
    putOther: connection.prepare(`${INSERT_OTHER_KEY} ${replace}`),
    list: connection.prepare<KeyRow>(`SELECT ${KEY_COLUMNS} FROM all_signing_keys ORDER BY created_at, kid`),
    find: connection.prepare<KeyRow>(`SELECT ${KEY_COLUMNS} FROM all_signing_keys WHERE kid = :kid`),
    remove: connection.prepare('DELETE FROM signing_keys WHERE kid = :kid'),
    removeOther: connection.prepare('DELETE FROM other_signing_keys WHERE kid = :kid'),
  };
}
