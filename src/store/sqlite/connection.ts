import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../errors.ts';
import type { Database, Statement } from './driver.ts';
import { isBusy, PATIENCE, toStoreError } from './failure.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';
import { WriteQueue } from './write-queue.ts';

/** Milliseconds between two attempts at a read; readers wait only while a crashed process's log is recovered. */
const READ_RETRY = 5;

/** An open database with the two ways to use it. */
export class Connection {
  readonly #database: Database;
  readonly #log: WriteAheadLog | undefined;
  readonly #writes: WriteQueue;
  #closing: Promise<void> | undefined;

  /** @param log does what SQLite would otherwise do at every commit by itself */
  constructor(database: Database, log?: WriteAheadLog) {
    this.#database = database;
    this.#log = log;
    if (log) database.exec('PRAGMA synchronous = NORMAL');
    this.#writes = new WriteQueue(database, log);
  }

  /** Prepare once and keep it: preparing costs more than running. */
  prepare<Row = never>(sql: string): Statement<Row> {
    return this.#database.prepare<Row>(sql);
  }

  /**
   * Runs statements that change nothing, at once.
   * @throws StoreUnavailableError
   */
  async read<T>(work: () => T): Promise<T> {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      this.#refuseWhenClosed();
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw toStoreError(error);
      }
      await delay(READ_RETRY);
    }
  }

  /** Runs `work` in a transaction: see `WriteQueue.run`. */
  async write<T>(work: () => T): Promise<T> {
    this.#refuseWhenClosed();
    return this.#writes.run(work);
  }

  /** Waits for the writes that were accepted; those that come later are refused. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#writes.drain();
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The log keeps what could not be moved; the next start finds it there.
    } finally {
      this.#database.close();
      this.#log?.close();
    }
  }

  #refuseWhenClosed(): void {
    if (this.#closing) throw new StoreUnavailableError('the store is closed');
  }
}
