import type { Redis } from 'ioredis';
import { StoreOpenError } from '../errors.ts';
import type { RedisAddress } from './address.ts';
import { textOf } from './failure.ts';

/** What Signet needs of a Redis before it trusts it with anything. */

const OLDEST_VERSION = 7;

/**
 * @param servers that take writes: one, or the masters of a cluster
 * @param production whether a server that forgets everything at its end is refused
 * @throws StoreOpenError that says what to change
 */
export async function checkServers(
  servers: readonly Redis[],
  address: RedisAddress,
  production: boolean,
): Promise<void> {
  for (const server of servers) {
    const name = `the Redis at ${server.options.host}:${server.options.port}`;
    const info = await readInfo(server, name);
    refuseVersion(name, info);
    if (!address.allowEviction) refuseEviction(name, info);
    if (production && !address.allowNoAof) refuseForgetfulness(name, info);
  }
}

function refuseVersion(name: string, info: ReadonlyMap<string, string>): void {
  const version = info.get('redis_version');
  if (version === undefined || Number.parseInt(version, 10) >= OLDEST_VERSION) return;
  throw new StoreOpenError(`${name} is version ${version}: start ${OLDEST_VERSION}.0 or newer`);
}

function refuseEviction(name: string, info: ReadonlyMap<string, string>): void {
  const policy = info.get('maxmemory_policy');
  if (policy === 'noeviction') return;
  throw new StoreOpenError(
    policy === undefined
      ? `${name} does not tell its eviction policy: let the user run INFO, or add allow-eviction=yes to the store address`
      : `${name} drops data when its memory is full (maxmemory-policy ${policy}), and with it revocations: set maxmemory-policy noeviction, or add allow-eviction=yes to the store address`,
  );
}

function refuseForgetfulness(name: string, info: ReadonlyMap<string, string>): void {
  const enabled = info.get('aof_enabled');
  if (enabled === '1') return;
  throw new StoreOpenError(
    enabled === undefined
      ? `${name} does not tell whether it writes an AOF: let the user run INFO, or add allow-no-aof=yes to the store address`
      : `${name} forgets acknowledged writes when it ends: set appendonly yes, or add allow-no-aof=yes to the store address`,
  );
}

/** Nothing where the user may not ask. */
async function readInfo(server: Redis, name: string): Promise<Map<string, string>> {
  try {
    const lines = (await server.info()).split('\r\n').map((line) => line.split(':', 2));
    return new Map(lines.map(([key = '', value = '']) => [key, value]));
  } catch (error) {
    if (/NOPERM|unknown command/.test(textOf(error))) return new Map();
    throw new StoreOpenError(`${name} cannot be asked (${textOf(error)}): check that it runs`);
  }
}
