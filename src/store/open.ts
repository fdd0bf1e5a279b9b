import type { Config } from '../config/config.ts';
import { StoreOpenError } from './errors.ts';
import type { Store } from './store.ts';

/** From an address to a store. An implementation is loaded only when its address is used. */

const SQLITE = 'sqlite:';
const REDIS = /^rediss?(\+(sentinel|cluster))?:/;

/**
 * @param address `sqlite:PATH`, relative to the working directory, or `sqlite::memory:` for tests; `redis://…`,
 *   `redis+sentinel://…`, `redis+cluster://…`, and the same with `rediss` for TLS
 * @param options.clock epoch milliseconds
 * @param options.production whether a store that could lose acknowledged writes is refused; true when absent
 * @param options.uniqueEmail whether each email address is one account's
 * @throws StoreOpenError with one sentence for the operator; it never repeats an address with a password in it
 */
export async function openStore(address: string, options: StoreOptions): Promise<Store> {
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

/** The store that a configuration names, as a server or a command works with it. */
export function openConfiguredStore(config: Config, clock: () => number): Promise<Store> {
  const { uniqueEmail } = config.accounts;
  return openStore(config.store, { clock, production: config.mode === 'production', uniqueEmail });
}

interface StoreOptions {
  clock: () => number;
  production?: boolean;
  uniqueEmail?: boolean;
}

async function open(address: string, { clock, production = true }: StoreOptions): Promise<Store> {
  if (REDIS.test(address)) {
    const { openRedisStore } = await import('./redis/redis-store.ts');
    return openRedisStore(address, { clock, production });
  }
  if (!address.startsWith(SQLITE)) throw new StoreOpenError(refuse(address));
  const path = address.slice(SQLITE.length);
  if (path === '' || /^\/\/(?!\/)/.test(path)) {
    throw new StoreOpenError(
      `the store ${address} names no file: write ${SQLITE}PATH, for instance ${EXAMPLE}`,
    );
  }
  const { openSqliteStore } = await import('./sqlite/sqlite-store.ts');
  return openSqliteStore(path, clock);
}

const EXAMPLE = `${SQLITE}./data/signet.db`;

function refuse(address: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(address)?.[0];
  const known = `write ${SQLITE}PATH, for instance ${EXAMPLE}, or redis://HOST:PORT`;
  return scheme === undefined
    ? `the store address names no kind of store: ${known}`
    : `this version has no ${scheme} store: ${known}`;
}

/** Whether nothing was ever written to a store but signing keys: it is new, or it stands where another one was lost. */
export async function isEmpty({ audit, accounts, clients }: Store): Promise<boolean> {
  const one = { limit: 1 };
  if ((await audit.list(one)).length > 0) return false;
  return (await accounts.list(one)).length === 0 && (await clients.list(one)).length === 0;
}
