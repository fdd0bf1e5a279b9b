import type { Redis } from 'ioredis';
import { StoreOpenError } from '../../errors.ts';
import type { RedisAddress } from './address.ts';
import { textOf } from './failure.ts';

/** Checks at start that a Redis server is configured so that it loses nothing that Signet relies on. */

const MIN_VERSION = 7;

/**
 * @param servers the server, or the masters of a cluster
 * @param production whether a server without an append-only file is rejected
 * @throws StoreOpenError whose message says what to change
 */
export async function checkServers(
  servers: readonly Redis[],
  address: RedisAddress,
  production: boolean,
): Promise<void> {
  const needsAof = production && !address.allowNoAof;
  const needsInfo = !address.allowEviction || needsAof || address.wait === 'connected';
  for (const server of servers) {
    const name = `the Redis at ${server.options.host}:${server.options.port}`;
    const info = await readInfo(server, name);
    if (info.size === 0 && needsInfo) throw new StoreOpenError(`${name} ${FORBIDDEN}`);
    requireVersion(name, info);
    requireMaster(name, info, address);
    if (!address.allowEviction) requireNoEviction(name, info);
    if (needsAof) requireAof(name, info);
  }
}

const FORBIDDEN =
  'does not let the user run INFO: allow it, or add wait=…, allow-eviction=yes and allow-no-aof=yes to the store address';

function requireVersion(name: string, info: ReadonlyMap<string, string>): void {
  const version = info.get('redis_version');
  if (version === undefined || Number.parseInt(version, 10) >= MIN_VERSION) return;
  throw new StoreOpenError(`${name} is version ${version}: start ${MIN_VERSION}.0 or newer`);
}

function requireMaster(name: string, info: ReadonlyMap<string, string>, { kind }: RedisAddress): void {
  if (info.get('role') === 'slave') {
    throw new StoreOpenError(`${name} is a replica: name its master, or the sentinels that know it`);
  }
  if (kind !== 'cluster' && info.get('cluster_enabled') === '1') {
    throw new StoreOpenError(`${name} is a node of a cluster: name it with redis+cluster://`);
  }
}

function requireNoEviction(name: string, info: ReadonlyMap<string, string>): void {
  const policy = info.get('maxmemory_policy');
  if (policy === 'noeviction') return;
  throw new StoreOpenError(
    `${name} evicts keys, including revocations, when its memory is full (maxmemory-policy ${policy}): set maxmemory-policy noeviction, or add allow-eviction=yes to the store address`,
  );
}

function requireAof(name: string, info: ReadonlyMap<string, string>): void {
  if (info.get('aof_enabled') === '1') return;
  throw new StoreOpenError(
    `${name} loses acknowledged writes when it stops: set appendonly yes, or add allow-no-aof=yes to the store address`,
  );
}

/** @returns an empty map when the user may not run INFO */
async function readInfo(server: Redis, name: string): Promise<ReadonlyMap<string, string>> {
  try {
    const lines = (await server.info()).split('\r\n').filter((line) => line.includes(':'));
    return new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
    );
  } catch (error) {
    if (/NOPERM|unknown command/.test(textOf(error))) return new Map();
    throw new StoreOpenError(`${name} does not answer INFO (${textOf(error)}): check that it runs`);
  }
}
