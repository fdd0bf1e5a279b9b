import { StoreOpenError } from './errors.ts';
import type { Store } from './store.ts';

/** From an address to a store. An implementation is loaded only when its address is used. */

const SQLITE = 'sqlite:';

/**
 * @param address `sqlite:PATH`, relative to the working directory, or `sqlite::memory:` for tests
 * @param options.clock epoch milliseconds
 * @throws StoreOpenError with one sentence for the operator; it never repeats an address with a password in it
 */
export async function openStore(address: string, options: { clock: () => number }): Promise<Store> {
  if (!address.startsWith(SQLITE)) throw new StoreOpenError(refuse(address));
  const path = address.slice(SQLITE.length);
  if (path === '' || /^\/\/(?!\/)/.test(path)) {
    throw new StoreOpenError(
      `the store ${address} names no file: write ${SQLITE}PATH, for instance ${EXAMPLE}`,
    );
  }
  const { openSqliteStore } = await import('./sqlite/sqlite-store.ts');
  return openSqliteStore(path, options.clock);
}

const EXAMPLE = `${SQLITE}./data/signet.db`;

function refuse(address: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(address)?.[0];
  return scheme === undefined
    ? `the store address names no kind of store: write ${SQLITE}PATH, for instance ${EXAMPLE}`
    : `this version has no ${scheme} store: write ${SQLITE}PATH, for instance ${EXAMPLE}`;
}
