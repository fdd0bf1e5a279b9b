import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { StoreIdentity } from '../store.ts';
import type { Connection } from './connection.ts';

/**
 * Prepares `Store.identify`. An open database can still be read and written after its file was removed or replaced, so the identity
 * contains the file (device and inode); the first step of the schema has the time of creation.
 * @param path path of the open database; undefined in memory
 */
export function prepareIdentity(
  connection: Connection,
  path: string | undefined,
): () => Promise<StoreIdentity | undefined> {
  const first = connection.prepare<{ at: number }>(
    'SELECT applied_at AS at FROM schema_version WHERE version = 1',
  );
  const absolute = path === undefined ? undefined : resolve(path);
  const opened = absolute === undefined ? undefined : fileId(absolute);
  return async () => {
    const row = await connection.read(() => first.get());
    const file = absolute === undefined ? undefined : fileId(absolute);
    if (row === undefined || (opened !== undefined && file === undefined)) return undefined;
    return { id: `${file ?? ''} ${row.at}`, createdAt: row.at };
  };
}

function fileId(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
