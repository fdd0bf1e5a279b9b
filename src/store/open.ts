import { resolve } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { NO_STORE, StoreOpenError } from './errors.ts';
import type { ArtifactKind, Store, StoreContent } from './store.ts';

/** Opens a store by its address. An implementation is loaded only when its address is used. */

const SQLITE = 'sqlite:';
const IN_MEMORY = ':memory:';
/** Clients that the check before a start reads; the start itself reads all. */
const MAX_CLIENTS = 10_000;
const REDIS = /^rediss?(\+(sentinel|cluster))?:/;

export interface OpenOptions {
  clock: Clock;
  /** Whether a store that could lose acknowledged writes is rejected; default true. */
  production?: boolean;
  /** Whether a missing store is created; default true. */
  create?: boolean;
  /** Called with a sentence for the operator, when the store is not ready because of another process. */
  onWait?: ((message: string) => void) | undefined;
  /** Whether no two accounts may have the same email address; default false. */
  uniqueEmail?: boolean;
}

/**
 * @param address `sqlite:PATH`, relative to the working directory, or `sqlite::memory:` for tests; `redis://…`,
 *   `redis+sentinel://…`, `redis+cluster://…`, and the same with `rediss` for TLS
 * @throws StoreOpenError with one sentence for the operator, which never contains a password
 */
export async function openStore(address: string, options: OpenOptions): Promise<Store> {
  const store = await open(address, options);
  if (options.uniqueEmail === true) {
    try {
      await store.accounts.requireUniqueEmail();
    } catch (error) {
      await store.close();
      throw error;
    }
  }
  return store;
}

/** Opens the store of a configuration, for a server or a command. */
export function openConfiguredStore(
  config: Config,
  options: Pick<OpenOptions, 'clock' | 'create' | 'onWait'>,
): Promise<Store> {
  const { uniqueEmail } = config.accounts;
  return openStore(config.store, { ...options, production: config.mode === 'production', uniqueEmail });
}

async function open(address: string, options: OpenOptions): Promise<Store> {
  const { clock, production = true, create = true, onWait } = options;
  if (kindOf(address) === 'redis') {
    const { openRedisStore } = await import('./redis/redis-store.ts');
    const store = await openRedisStore(address, { clock, production, create });
    if (create || (await store.identify()) !== undefined || !(await isEmpty(store))) return store;
    await store.close();
    throw new StoreOpenError(`the store ${await describeStore(address)} is empty: ${NO_STORE}`);
  }
  const { openSqliteStore } = await import('./sqlite/sqlite-store.ts');
  return openSqliteStore(address.slice(SQLITE.length), { clock, create, onWait });
}

/**
 * Checks the address of a store, and the file it names, without connecting to the store or creating it.
 * @throws StoreOpenError
 */
export async function checkStore(address: string): Promise<void> {
  if (kindOf(address) === 'redis') {
    const { parseAddress } = await import('./redis/connection/address.ts');
    parseAddress(address);
  } else {
    const { checkFile } = await import('./sqlite/open-database.ts');
    checkFile(address.slice(SQLITE.length));
  }
}

/**
 * Reads what a start needs to know of a store, and changes nothing.
 * @param options.artifact is read, too
 * @throws StoreOpenError when a server could not use the store
 */
export async function inspectStore(
  address: string,
  {
    clock,
    production = true,
    artifact,
  }: OpenOptions & { artifact?: { kind: ArtifactKind; id: string } | undefined },
): Promise<StoreContent> {
  if (kindOf(address) === 'sqlite') {
    const { inspectFile } = await import('./sqlite/inspect-file.ts');
    return inspectFile(address.slice(SQLITE.length), artifact);
  }
  const { openRedisStore } = await import('./redis/redis-store.ts');
  const store = await openRedisStore(address, { clock, production, create: false });
  try {
    const declared = await store.clients.list({ source: 'declared', limit: MAX_CLIENTS });
    const added = await store.clients.list({ source: 'added', limit: MAX_CLIENTS });
    return {
      signingKeys: await store.signingKeys.list(),
      clients: [...declared, ...added],
      ...(artifact && { artifact: await store.artifacts.find(artifact.kind, artifact.id) }),
    };
  } finally {
    await store.close();
  }
}

/** The address without user and password, or with the absolute path of the file, for messages. @throws StoreOpenError */
export async function describeStore(address: string): Promise<string> {
  if (kindOf(address) === 'redis') {
    const { describeAddress, parseAddress } = await import('./redis/connection/address.ts');
    return describeAddress(parseAddress(address));
  }
  const path = address.slice(SQLITE.length);
  return path === IN_MEMORY ? address : `${SQLITE}${resolve(path)}`;
}

/** @throws StoreOpenError */
function kindOf(address: string): 'sqlite' | 'redis' {
  if (REDIS.test(address)) return 'redis';
  if (!address.startsWith(SQLITE)) throw new StoreOpenError(unknownAddress(address));
  const path = address.slice(SQLITE.length);
  if (path === '' || /^\/\/(?!\/)/.test(path)) {
    throw new StoreOpenError(
      `the store ${address} names no file: write ${SQLITE}PATH, for instance ${EXAMPLE}`,
    );
  }
  return 'sqlite';
}

const EXAMPLE = `${SQLITE}./data/signet.db`;

function unknownAddress(address: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(address)?.[0];
  const known = `write ${SQLITE}PATH, for instance ${EXAMPLE}, or redis://HOST:PORT`;
  return scheme === undefined
    ? `the store address names no kind of store: ${known}`
    : `this version has no ${scheme} store: ${known}`;
}

/**
 * Whether the store seems to replace one that was lost: it is empty and newer than the signing keys. A start creates the store before the
 * keys, so that processes that start together do not mistake each other's keys for old ones.
 * @param keysSince when the oldest key was announced, epoch seconds
 */
export async function looksLost(store: Store, keysSince: number): Promise<boolean> {
  const { createdAt } = (await store.identify()) ?? {};
  if (createdAt !== undefined && keysSince >= createdAt) return false;
  return isEmpty(store);
}

/** Whether a store contains no accounts, clients or audit events. */
async function isEmpty({ audit, accounts, clients }: Store): Promise<boolean> {
  const one = { limit: 1 };
  if ((await audit.list(one)).length > 0) return false;
  return (await accounts.list(one)).length === 0 && (await clients.list(one)).length === 0;
}
