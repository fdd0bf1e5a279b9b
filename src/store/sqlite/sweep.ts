import type { Connection } from './connection.ts';

/** Tables whose rows expire. */
const TABLES = ['artifacts', 'consumed', 'answers', 'created_once', 'revoked_grants', 'counters'] as const;

/**
 * Prepares the removal of expired rows.
 * @param now epoch seconds
 * @returns a function that removes up to `limit` rows over all tables and returns how many it has removed
 */
export function prepareSweep(connection: Connection, now: () => number): (limit: number) => Promise<number> {
  const statements = TABLES.map((table) =>
    connection.prepare(`
      DELETE FROM ${table} WHERE id IN
        (SELECT id FROM ${table} WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit)`),
  );
  return (limit) =>
    connection.write(() => {
      let removed = 0;
      for (const statement of statements) removed += statement.run({ now: now(), limit: limit - removed });
      return removed;
    }, 'local');
}
