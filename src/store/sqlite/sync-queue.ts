import { StoreUnavailableError } from '../errors.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

/** Between two checks of the deadlines while a sync is running. */
const WATCH_INTERVAL_MS = 50;

/** Until local writes are on the disk, unless a durable write brings them there earlier. */
const LOCAL_SYNC_DELAY_MS = 1000;

/** A committed write, answered once it is durable. */
export interface Committed {
  /** Latest time of the answer, by `performance.now()`. */
  readonly deadline: number;
  settle(): void;
  fail(error: unknown): void;
}

/**
 * Commits that wait for the disk. Those that arrive while a sync is running share the next one.
 *
 * A write that changed nothing waits as well. It may depend on a commit, of this process or another, that is not durable yet: a token
 * that was found revoked must also be revoked after a power failure.
 */
export class SyncQueue {
  readonly #log: WriteAheadLog;
  #syncing: Committed[] = [];
  #queue: Committed[] = [];
  #running: Promise<void> | undefined;
  #checks = 0;
  #isDamaged = false;
  #later: NodeJS.Timeout | undefined;

  constructor(log: WriteAheadLog) {
    this.#log = log;
  }

  add(committed: readonly Committed[]): void {
    this.#queue.push(...committed);
    this.#start();
  }

  /** Bounds what a power failure can take of the local writes. Nothing waits for this sync. */
  syncSoon(): void {
    this.#later ??= setTimeout(() => this.#start(), LOCAL_SYNC_DELAY_MS).unref();
  }

  /** Resolves when no sync is running; none starts later by itself. */
  async idle(): Promise<void> {
    clearTimeout(this.#later);
    await this.#running;
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /**
   * Repairs the log after a failed sync. The kernel marks pages that it could not write as clean, so the next sync would succeed without
   * them (https://wiki.postgresql.org/wiki/Fsync_Errors), and everything behind them in the log would be lost too. Writing them again
   * makes them part of the next sync. Call it inside a transaction, which keeps other writers off the log.
   * @throws StoreUnavailableError
   */
  restore(): void {
    if (!this.#isDamaged) return;
    try {
      this.#log.writeAgain();
      this.#isDamaged = false;
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #run(): Promise<void> {
    const watch = setInterval(() => setImmediate(() => this.#rejectOverdue()), WATCH_INTERVAL_MS);
    do {
      // The sync covers every commit before it, so also the local ones.
      clearTimeout(this.#later);
      this.#later = undefined;
      this.#syncing = this.#queue;
      this.#queue = [];
      this.#checks = 0;
      try {
        await this.#log.sync();
        for (const write of this.#syncing) write.settle();
      } catch (error) {
        this.#isDamaged = true;
        this.#fail(() => true, unavailable(error));
      }
      this.#syncing = [];
    } while (this.#queue.length > 0);
    clearInterval(watch);
  }

  /**
   * Rejects writes whose deadline has passed while the disk hangs. The first check of a sync does not count: the process itself may
   * have been suspended.
   */
  #rejectOverdue(): void {
    this.#checks += 1;
    const now = performance.now();
    if (this.#checks > 1) this.#fail(({ deadline }) => deadline <= now, unavailable());
  }

  #fail(isAffected: (write: Committed) => boolean, error: StoreUnavailableError): void {
    for (const write of [...this.#syncing, ...this.#queue]) if (isAffected(write)) write.fail(error);
    this.#syncing = this.#syncing.filter((write) => !isAffected(write));
    this.#queue = this.#queue.filter((write) => !isAffected(write));
  }
}

function unavailable(cause?: unknown): StoreUnavailableError {
  return new StoreUnavailableError('the SQLite store cannot write its log to the disk', { cause });
}
