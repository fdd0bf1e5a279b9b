import type { Database, Statement } from './driver.ts';
import { isBusy, isOwnFault, isRefusal, PATIENCE, toStoreError } from './failure.ts';
import { type Committed, SyncQueue } from './sync-queue.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

/** Writes in one transaction at most, so that a backlog cannot keep the event loop from everything else. */
const LARGEST_BATCH = 256;

/** Milliseconds between two attempts at a lock that another process holds; the event loop is free meanwhile. */
const RETRY_MIN = 1;
const RETRY_SPREAD = 4;

/** One queued write and, after the attempt, its answer, which it gives only once the transaction is durable. */
interface Write extends Committed {
  /** Does the work. Refusals of the contract become its answer; any other error is thrown. */
  attempt(): void;
}

/**
 * Group commit: writes that arrive in one turn of the event loop share one transaction, and those that are committed while the disk
 * is busy share its next sync.
 *
 * Answers wait for that sync, so that acknowledged means durable as with `synchronous = FULL`. What is committed can be read a
 * moment before: as FULL has it between processes, too, when one dies before it has answered.
 */
export class WriteQueue {
  readonly #database: Database;
  readonly #begin: Statement<never>;
  readonly #commit: Statement<never>;
  readonly #rollback: Statement<never>;
  readonly #syncs: SyncQueue | undefined;
  #waiting: Write[] = [];
  #scheduled = false;

  /** @param log without it, a commit is durable by itself */
  constructor(database: Database, log?: WriteAheadLog) {
    this.#database = database;
    this.#syncs = log && new SyncQueue(log);
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#rollback = database.prepare('ROLLBACK');
  }

  /**
   * @param work runs inside a transaction, perhaps more than once, of which one is committed; it refuses (throws a
   *   refusal of the contract) before its first change
   * @returns what `work` returned, once it is durable
   * @throws StoreUnavailableError when the transaction failed, and nothing of it was written; or when the disk did not confirm it in
   *   time, and it may have been
   */
  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let answer = (): void => {};
      this.#waiting.push({
        deadline: performance.now() + PATIENCE,
        attempt: () => {
          try {
            const result = work();
            answer = () => resolve(result);
          } catch (error) {
            if (!isRefusal(error)) throw error;
            answer = () => reject(error);
          }
        },
        settle: () => answer(),
        fail: (error) => reject(toStoreError(error)),
      });
      this.#schedule();
    });
  }

  /** Resolves when the writes that were accepted have their answers, and no sync is under way. */
  async drain(): Promise<void> {
    // The queue keeps order: when the last write has its answer, so have all before it, but for what is being synced.
    await this.run(() => {}).catch(() => {});
    await this.#syncs?.idle();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const batch = this.#waiting.splice(0, LARGEST_BATCH);
    if (this.#began(batch)) this.#execute(batch);
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** @returns whether a transaction is open for the batch, which otherwise waits or has failed */
  #began(batch: readonly Write[]): boolean {
    try {
      this.#begin.run();
      this.#syncs?.restore();
      return true;
    } catch (error) {
      this.#undo();
      if (isBusy(error)) this.#retryLater(batch, error);
      else for (const write of batch) write.fail(error);
      return false;
    }
  }

  /** Runs a batch inside the transaction that was just begun, and ends it. */
  #execute(batch: readonly Write[]): void {
    try {
      for (const write of batch) write.attempt();
      this.#commit.run();
    } catch (error) {
      this.#undo();
      if (batch.length > 1 && isOwnFault(error)) this.#executeSingly(batch);
      else for (const write of batch) write.fail(error);
      return;
    }
    if (this.#syncs) this.#syncs.add(batch);
    else for (const write of batch) write.settle();
  }

  /** One write broke the batch; by itself it breaks nobody else's. */
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
    const all = [...batch, ...this.#waiting];
    this.#waiting = all.filter((write) => write.deadline > now);
    for (const write of all) if (write.deadline <= now) write.fail(error);
    if (this.#waiting.length === 0) return;
    this.#scheduled = true;
    setTimeout(() => this.#flush(), RETRY_MIN + Math.random() * RETRY_SPREAD);
  }

  /** Several failures (disk full, I/O) have rolled back already: https://www.sqlite.org/lang_transaction.html §3.2. */
  #undo(): void {
    if (this.#database.inTransaction) this.#rollback.run();
  }
}
