import type { Durability } from '../port/artifact-kinds.ts';
import type { StoreCounts } from '../port/counts.ts';
import type { Database, Statement } from './driver.ts';
import { isBusy, isOperationError, isContractError, OPERATION_TIMEOUT_MS, toStoreError } from './failure.ts';
import { type Committed, SyncQueue } from './sync-queue.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

/** Writes in one transaction: limits how long a backlog blocks the event loop. */
const MAX_BATCH = 256;

/** Between two attempts at a lock that another process holds; the event loop is not blocked. A random part is added. */
const BACKOFF_MS = 1;
const BACKOFF_JITTER_MS = 4;

/** A queued write. After `attempt` it holds its answer, which `settle` delivers once the transaction is durable. */
interface Write extends Committed {
  readonly durability: Durability;
  /** Runs the work. An error of the contract becomes the answer; any other error is thrown. */
  attempt(): void;
}

export interface WriteQueueOptions {
  counts: StoreCounts;
  log: WriteAheadLog | undefined;
  onRollback: () => void;
}

/**
 * Group commit: writes that arrive in one turn of the event loop share one transaction, and commits that arrive while the disk is busy
 * share its next sync.
 *
 *     queued ──BEGIN, attempt──▶ attempted ──COMMIT──▶ committed ──sync (`sync-queue.ts`)──▶ acknowledged
 *       ▲            │               │                     │ └──────────local: at once──────────▲
 *       │    lock busy: again        │ rollback            │ sync failed or timed out
 *       └────────────┘               ▼                     ▼
 *                             rejected, not written   rejected, may be written
 *
 * A durable write (`../port/artifact-kinds.ts`) is acknowledged only after the sync, as with `synchronous = FULL`. Committed data can be
 * read before it is durable. That is no difference from FULL, where another process can read a commit whose process dies before it
 * answers. A sync covers the whole log, so a durable write takes all earlier local ones to the disk.
 */
export class WriteQueue {
  readonly #database: Database;
  readonly #begin: Statement<never>;
  readonly #commit: Statement<never>;
  readonly #rollback: Statement<never>;
  readonly #syncs: SyncQueue | undefined;
  readonly #counts: StoreCounts;
  readonly #onRollback: () => void;
  #queue: Write[] = [];
  #scheduled = false;

  /**
   * @param options.log syncs commits; without it, COMMIT itself makes them durable
   * @param options.onRollback called when work that has run is undone
   */
  constructor(database: Database, { counts, log, onRollback }: WriteQueueOptions) {
    this.#database = database;
    this.#counts = counts;
    this.#onRollback = onRollback;
    this.#syncs = log && new SyncQueue(log);
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#rollback = database.prepare('ROLLBACK');
  }

  /**
   * @param work runs inside a transaction, possibly several times, of which one is committed; it throws errors of the contract
   *   before its first change
   * @param durability a local write is settled by the commit, a durable one by the disk
   * @returns what `work` returned
   * @throws StoreUnavailableError when the transaction failed and nothing was written, or when the disk did not confirm it in time and
   *   it may have been written
   */
  run<T>(work: () => T, durability: Durability): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let answer = (): void => {};
      this.#queue.push({
        durability,
        deadline: performance.now() + OPERATION_TIMEOUT_MS,
        attempt: () => {
          try {
            const result = work();
            answer = () => resolve(result);
          } catch (error) {
            if (!isContractError(error)) throw error;
            answer = () => reject(error);
          }
        },
        settle: () => answer(),
        fail: (error) => reject(toStoreError(error)),
      });
      this.#schedule();
    });
  }

  /** Resolves when all accepted writes have their answers and no sync is running. */
  async drain(): Promise<void> {
    // The queue keeps the order: once the last write is answered, only a running sync can be outstanding.
    await this.run(() => {}, 'durable').catch(() => {});
    await this.#syncs?.idle();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const batch = this.#queue.splice(0, MAX_BATCH);
    if (this.#beginBatch(batch)) this.#execute(batch);
    if (this.#queue.length > 0) this.#schedule();
  }

  /** @returns whether a transaction is open for the batch; otherwise the batch is queued again or has failed */
  #beginBatch(batch: readonly Write[]): boolean {
    try {
      this.#begin.run();
      this.#syncs?.restore();
      return true;
    } catch (error) {
      this.#rollBack();
      if (isBusy(error)) this.#retryLater(batch, error);
      else for (const write of batch) write.fail(error);
      return false;
    }
  }

  /** Runs a batch inside the open transaction and ends the transaction. */
  #execute(batch: readonly Write[]): void {
    try {
      for (const write of batch) write.attempt();
      this.#commit.run();
      this.#counts.transactions += 1;
    } catch (error) {
      this.#rollBack();
      if (batch.length > 1 && isOperationError(error)) this.#executeSingly(batch);
      else for (const write of batch) write.fail(error);
      return;
    }
    if (!this.#syncs) for (const write of batch) write.settle();
    else this.#acknowledge(batch, this.#syncs);
  }

  /** Local writes are in the log of the file system, which `kill -9` does not empty; durable ones wait for the disk. */
  #acknowledge(batch: readonly Write[], syncs: SyncQueue): void {
    const durable = batch.filter(({ durability }) => durability === 'durable');
    if (durable.length > 0) {
      this.#counts.durableWaits += 1;
      syncs.add(durable);
    }
    if (durable.length === batch.length) return;
    for (const write of batch) if (write.durability === 'local') write.settle();
    syncs.syncSoon();
  }

  /** One write failed the batch: each gets a transaction of its own, so that only that one fails. */
  #executeSingly(batch: readonly Write[]): void {
    for (const write of batch) {
      try {
        this.#begin.run();
      } catch (error) {
        write.fail(error);
        continue;
      }
      this.#execute([write]);
    }
  }

  #retryLater(batch: readonly Write[], error: unknown): void {
    const now = performance.now();
    const all = [...batch, ...this.#queue];
    this.#queue = all.filter((write) => write.deadline > now);
    for (const write of all) if (write.deadline <= now) write.fail(error);
    if (this.#queue.length === 0) return;
    this.#scheduled = true;
    setTimeout(() => this.#flush(), BACKOFF_MS + Math.random() * BACKOFF_JITTER_MS);
  }

  /** After some errors (disk full, I/O) SQLite has already rolled back: https://www.sqlite.org/lang_transaction.html §3.2. */
  #rollBack(): void {
    this.#onRollback();
    if (this.#database.inTransaction) this.#rollback.run();
  }
}
