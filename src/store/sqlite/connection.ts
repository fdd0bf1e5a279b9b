import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../errors.ts';
import type { Durability } from '../port/artifact-kinds.ts';
import { createCounts } from '../port/counts.ts';
import type { Database, Statement } from './driver.ts';
import { isBusy, OPERATION_TIMEOUT_MS, toStoreError } from './failure.ts';
import { RecordCache } from './record-cache.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';
import { WriteQueue } from './write-queue.ts';

/** Between two attempts at a read. Readers wait only while the log of a crashed process is recovered. */
const READ_BACKOFF_MS = 5;

const SELECT = /^\s*(SELECT|WITH)\b/i;

/** Whether a write can change records of the cache that it does not itself keep or discard there. */
export type CacheEffect = 'unknown' | 'known';

/** An open database: reads run at once, writes run in a transaction of the write queue. */
export class Connection {
  readonly #database: Database;
  readonly #log: WriteAheadLog | undefined;
  readonly #writes: WriteQueue;
  readonly counts = createCounts();
  readonly records: RecordCache;
  #closing: Promise<void> | undefined;

  /** @param log syncs commits to the disk; without it, SQLite does so itself at every commit */
  constructor(database: Database, log?: WriteAheadLog) {
    this.#database = database;
    this.#log = log;
    if (log) database.exec('PRAGMA synchronous = NORMAL');
    this.records = new RecordCache(database, this.counts);
    const { counts, records } = this;
    this.#writes = new WriteQueue(database, { counts, log, onRollback: () => records.discardAll() });
  }

  /** Preparing costs more than running: callers prepare once and keep the statement. */
  prepare<Row = never>(sql: string): Statement<Row> {
    const statement = this.#database.prepare<Row>(sql);
    if (!SELECT.test(sql)) return statement;
    const { counts } = this;
    return {
      ...statement,
      get: (values) => {
        counts.reads += 1;
        return statement.get(values);
      },
      all: (values) => {
        counts.reads += 1;
        return statement.all(values);
      },
    };
  }

  /**
   * Runs statements that change nothing, without queueing.
   * @throws StoreUnavailableError
   */
  async read<T>(work: () => T): Promise<T> {
    let deadline = Infinity;
    for (;;) {
      this.#requireOpen();
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw toStoreError(error);
        if (deadline === Infinity) deadline = performance.now() + OPERATION_TIMEOUT_MS;
      }
      await delay(READ_BACKOFF_MS);
    }
  }

  /** Runs `work` in a transaction: see `WriteQueue.run`. With an unknown effect it discards all records of the cache. */
  async write<T>(
    work: () => T,
    durability: Durability = 'durable',
    effect: CacheEffect = 'unknown',
  ): Promise<T> {
    this.#requireOpen();
    if (effect === 'known') return this.#writes.run(work, durability);
    return this.#writes.run(() => {
      const result = work();
      this.records.discardAll();
      return result;
    }, durability);
  }

  /** Waits for accepted writes; later ones are rejected. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.#writes.drain();
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The log keeps what was not checkpointed; the next start reads it from there.
    } finally {
      this.#database.close();
      this.#log?.close();
    }
  }

  #requireOpen(): void {
    if (this.#closing) throw new StoreUnavailableError('the store is closed');
  }
}
