import { Cluster, type Redis } from 'ioredis';
import { StoreUnavailableError } from '../errors.ts';
import type { Connection } from './connection/connection.ts';

/** Keys looked at in one go. */
const COUNT = 500;

/**
 * Names of all keys with a prefix, from every master, some perhaps twice. A key that is there all the time is among them.
 * @param prefix without characters that a pattern of Redis gives a meaning
 * @throws StoreUnavailableError when a master is replaced meanwhile, as nobody knows then what is missing
 */
export async function* scan(redis: Connection, prefix: string): AsyncGenerator<string[]> {
  const before = await identities(redis);
  for (const master of await redis.command(async (client) => mastersOf(client))) {
    let cursor = '0';
    do {
      const [next, names] = await redis.operation(() =>
        redis.command(() => master.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', COUNT)),
      );
      if (names.length > 0) yield names;
      cursor = next;
    } while (cursor !== '0');
  }
  if ((await identities(redis)) !== before) {
    throw new StoreUnavailableError('the Redis master changed while everything was read: try again');
  }
}

function mastersOf(client: Redis | Cluster): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

/** Differs when another server, or the same after a restart, is a master. */
function identities(redis: Connection): Promise<string> {
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
