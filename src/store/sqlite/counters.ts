import { WRITES } from '../port/artifact-kinds.ts';
import { digest } from '../sealing.ts';
import type { Count, CounterAddition, CounterStore } from '../store.ts';
import type { Connection } from './connection.ts';

/** Counts of attempts, shared by all processes of the machine and kept over a restart. */
export class SqliteCounters implements CounterStore {
  readonly #connection: Connection;
  readonly #sql: ReturnType<typeof prepareStatements>;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(connection: Connection, now: () => number) {
    this.#connection = connection;
    this.#sql = prepareStatements(connection);
    this.#now = now;
  }

  add(additions: readonly CounterAddition[]): Promise<Count[]> {
    const rows = additions.map(({ key, lifetime, renews = false }) => ({
      id: idOf(key),
      lifetime,
      renews: renews ? 1 : 0,
    }));
    return this.#connection.write(
      () => {
        const now = this.#now();
        return rows.map(({ id, lifetime, renews }) =>
          toCount(this.#sql.add.get({ id, now, endsAt: now + lifetime, renews })),
        );
      },
      WRITES.counter,
      'known',
    );
  }

  read(keys: readonly string[]): Promise<Count[]> {
    const ids = keys.map(idOf);
    return this.#connection.read(() => {
      const now = this.#now();
      return ids.map((id) => toCount(this.#sql.read.get({ id, now })));
    });
  }

  async reset(key: string): Promise<void> {
    await this.#connection.write(() => this.#sql.reset.run({ id: idOf(key) }), WRITES.counter, 'known');
  }
}

const idOf = (key: string): Buffer => digest('counter', '', key);

const toCount = (row: Count | undefined): Count =>
  row === undefined ? { count: 0, endsAt: 0 } : { count: row.count, endsAt: row.endsAt };

function prepareStatements(connection: Connection) {
  return {
    add: connection.prepare<Count>(`
      INSERT INTO counters (id, count, expires_at) VALUES (:id, 1, :endsAt)
      ON CONFLICT (id) DO UPDATE SET
        count = iif(expires_at <= :now, 1, count + 1),
        expires_at = iif(expires_at <= :now OR :renews, excluded.expires_at, expires_at)
      RETURNING count, expires_at AS endsAt`),
    read: connection.prepare<Count>(
      'SELECT count, expires_at AS endsAt FROM counters WHERE id = :id AND expires_at > :now',
    ),
    reset: connection.prepare('DELETE FROM counters WHERE id = :id'),
  };
}
