import { StoreUnavailableError } from '../errors.ts';
import type { DumpRecord, Loaded, TransferStore } from '../store.ts';
import type { Database } from './driver.ts';
import { toStoreError } from './failure.ts';
import { openDatabase } from './open-database.ts';

/**
 * Dump and load of the whole store, each in one transaction on a connection of its own, so that the store's connection never waits. Only
 * commands use them, so a server starts without their modules.
 */
export class SqliteTransfer implements TransferStore {
  readonly #path: string;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  async *dump(): AsyncGenerator<DumpRecord> {
    const { dumpDatabase } = await import('./dump.ts');
    const database = await this.#open();
    try {
      yield* dumpDatabase(database, this.#now());
    } catch (error) {
      throw toStoreError(error);
    } finally {
      database.close();
    }
  }

  async load(records: AsyncIterable<DumpRecord>): Promise<Loaded> {
    const { loadDatabase } = await import('./load.ts');
    const database = await this.#open();
    try {
      return await loadDatabase(database, records, this.#now());
    } catch (error) {
      throw toStoreError(error);
    } finally {
      database.close();
    }
  }

  async #open(): Promise<Database> {
    if (this.#path === ':memory:')
      throw new StoreUnavailableError('a store in memory cannot be dumped or loaded');
    return openDatabase(this.#path, { now: this.#now(), create: false });
  }
}
