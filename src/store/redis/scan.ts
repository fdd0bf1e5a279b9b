import { Cluster, type Redis } from 'ioredis';
import { StoreUnavailableError } from '../errors.ts';
import type { Connection } from './connection/connection.ts';

/** Keys that one SCAN looks at. */
const PAGE = 500;

/**
 * Yields the names of all keys with a prefix, from every master. A name may come twice; a key that exists during the whole scan is
 * included.
 * @param prefix without the special characters of Redis patterns
 * @throws StoreUnavailableError when a master is replaced meanwhile: the scan may then be incomplete
 */
export async function* scan(redis: Connection, prefix: string): AsyncGenerator<string[]> {
  const before = await runIds(redis);
  for (const master of await redis.command(async (client) => mastersOf(client))) {
    let cursor = '0';
    do {
      const [next, names] = await redis.operation(() =>
        redis.command(() => master.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', PAGE)),
      );
      if (names.length > 0) yield names;
      cursor = next;
    } while (cursor !== '0');
  }
  if ((await runIds(redis)) !== before) {
    throw new StoreUnavailableError('the Redis master changed during the scan: try again');
  }
}

function mastersOf(client: Redis | Cluster): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

/** The run ids of all masters: another value after a failover or a restart. */
function runIds(redis: Connection): Promise<string> {
  return redis.operation(() =>
    redis.command(async (client) => {
      const infos = await Promise.all(mastersOf(client).map((master) => master.info('server')));
      return infos
        .map((info) => /^run_id:(\w+)/m.exec(info)?.[1] ?? '')
        .sort()
        .join(' ');
    }),
  );
}
