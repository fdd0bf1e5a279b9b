import { StoreUnavailableError } from '../errors.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

/** Milliseconds between two looks at how long the disk takes. */
const LOOK = 50;

/** What is committed, and answered once it is durable. */
export interface Committed {
  /** When it must be answered; milliseconds of `performance.now()`. */
  readonly deadline: number;
  settle(): void;
  fail(error: unknown): void;
}

/**
 * Commits on their way to the disk: those that come while it is busy share its next sync.
 *
 * A write that changed nothing waits as well. It may rest on a commit that is not durable yet, of this process or another: a token that
 * was found revoked must be revoked after a power failure, too.
 */
export class SyncQueue {
  readonly #log: WriteAheadLog;
  #syncing: Committed[] = [];
  #waiting: Committed[] = [];
  #running: Promise<void> | undefined;
  #looks = 0;
  #isInDoubt = false;

  constructor(log: WriteAheadLog) {
    this.#log = log;
  }

  add(committed: readonly Committed[]): void {
    this.#waiting.push(...committed);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when the log is not being synced any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /**
   * After a failed sync: the kernel takes the pages that it could not write for clean, so that the next sync would succeed without them
   * (https://wiki.postgresql.org/wiki/Fsync_Errors), and everything behind them in the log would be lost with them. Written again, they
   * are part of that sync. To be called in a transaction, which keeps other writers off the log.
   * @throws StoreUnavailableError
   */
  restore(): void {
    if (!this.#isInDoubt) return;
    try {
      this.#log.writeAgain();
      this.#isInDoubt = false;
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #run(): Promise<void> {
    const watch = setInterval(() => setImmediate(() => this.#giveUp()), LOOK);
    while (this.#waiting.length > 0) {
      this.#syncing = this.#waiting;
      this.#waiting = [];
      this.#looks = 0;
      try {
        await this.#log.sync();
        for (const write of this.#syncing) write.settle();
      } catch (error) {
        this.#isInDoubt = true;
        this.#fail(() => true, unavailable(error));
      }
      this.#syncing = [];
    }
    clearInterval(watch);
  }

  /** A disk that hangs keeps nobody waiting. The second look at one sync is the first to count: the process may have stood still itself. */
  #giveUp(): void {
    this.#looks += 1;
    const now = performance.now();
    if (this.#looks > 1) this.#fail(({ deadline }) => deadline <= now, unavailable());
  }

  #fail(isMeant: (write: Committed) => boolean, error: StoreUnavailableError): void {
    for (const write of [...this.#syncing, ...this.#waiting]) if (isMeant(write)) write.fail(error);
    this.#syncing = this.#syncing.filter((write) => !isMeant(write));
    this.#waiting = this.#waiting.filter((write) => !isMeant(write));
  }
}

function unavailable(cause?: unknown): StoreUnavailableError {
  return new StoreUnavailableError('the SQLite store cannot write its log to the disk', { cause });
}
