import { IDLE_GRACE } from '../app/listener.ts';
import type { Logger } from '../observability/log.ts';
import type { ServingSettings } from './protocol.ts';
import { mergeMetrics, poolMetrics } from './worker-metrics.ts';
import { WorkerTimeoutError, type WorkerEnd, WorkerProcess } from './worker-process.ts';

/**
 * The pool of workers in the primary process.
 *
 * Owns which worker fills which slot, and when one is started, replaced, restarted after a crash and drained. Does not own the management
 * port (`primary.ts`), a single process and its messages (`worker-process.ts`), or the configuration, which only workers read
 * (`worker.ts`).
 *
 * A slot and its workers:
 *
 *     empty --launch--> starting --serving--> serving --crash--> empty (after `restartDelay`)
 *                           |                    |
 *                     crash, stall         replace: reload, limits, SIGTERM
 *                           |                    |
 *                           v                    v
 *                         empty         serving + next starting
 *                                            |          |
 *                                      next serves   next fails: the current one stays
 *                                            |
 *                                            v
 *                            next becomes current; the old one drains -> exit
 *
 * One worker is replaced at a time. Every event changes a slot and calls `#advance`, which does what is due.
 */

/** Milliseconds of service after which the next crash counts as the first. */
const STABLE_AFTER_MS = 10_000;

const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;

const RELOAD = 'reload';

/** Milliseconds before a worker is started again after so many crashes in a row: 0 after the first. */
export function restartDelay(crashes: number): number {
  return crashes <= 1 ? 0 : Math.min(MIN_BACKOFF_MS * 2 ** (crashes - 2), MAX_BACKOFF_MS);
}

interface Slot {
  readonly number: number;
  /** The worker that serves. */
  current?: WorkerProcess | undefined;
  /** `performance.now()` */
  servingSince: number;
  /** The worker that starts, to become the current one. */
  next?: WorkerProcess | undefined;
  /** Why the current worker is to be replaced. */
  replaceReason?: string | undefined;
  /** Crashes in a row. */
  crashes: number;
  /** Runs while a restart is delayed. */
  backoff?: NodeJS.Timeout | undefined;
}

export class WorkerPool {
  readonly #slots: Slot[] = [];
  /** Workers that finish their requests and exit. */
  readonly #draining = new Set<WorkerProcess>();
  readonly #all = new Set<WorkerProcess>();
  #log: Logger | undefined;
  #established = false;
  #stopping = false;
  #reloadingSince: number | undefined;
  #starts = 0;

  /**
   * Starts the first worker alone: it checks the configuration, and creates the database and the first key.
   * @throws WorkerStartError; nothing is left running then
   */
  async start(): Promise<ServingSettings> {
    return await this.#launch(this.#addSlot()).serving;
  }

  /**
   * Starts the other workers.
   * @param log for all later events
   * @returns when each of them serves or has failed for the first time
   */
  async fill(size: number, log: Logger): Promise<void> {
    this.#log = log;
    for (const { current } of this.#slots) if (current !== undefined) this.#reportServing(current);
    const started: Promise<unknown>[] = [];
    while (!this.#stopping && this.#slots.length < size) started.push(this.#launch(this.#addSlot()).serving);
    await Promise.allSettled(started);
  }

  /** Replaces all workers, one at a time. Given up when a new worker does not come to serve; the remaining old ones stay. */
  reload(): void {
    this.#reloadingSince ??= performance.now();
    for (const slot of this.#slots) {
      slot.replaceReason = RELOAD;
      slot.crashes = 0;
      clearTimeout(slot.backoff);
      slot.backoff = undefined;
    }
    this.#advance();
  }

  add(): void {
    this.#addSlot();
    this.#log?.info({ workers: this.#slots.length }, 'adding a worker');
    this.#advance();
  }

  /** Drains the last worker; the only one stays. */
  remove(): void {
    if (this.#slots.length <= 1) {
      this.#log?.warn('the only worker stays');
      return;
    }
    const slot = this.#slots.pop() as Slot;
    this.#log?.info({ workers: this.#slots.length }, `removing worker ${slot.number}`);
    this.#clear(slot, IDLE_GRACE);
  }

  /**
   * Stops all workers. Those that serve finish the requests under way.
   * @param grace milliseconds in which an idle connection may still send one request
   */
  async stop(grace: number): Promise<void> {
    this.#stopping = true;
    for (const slot of this.#slots) this.#clear(slot, grace);
    await Promise.all([...this.#all].map(({ ended }) => ended));
  }

  /** Resolves when at least one worker is ready; rejects with the reason of the first otherwise. */
  async ready(): Promise<void> {
    const serving = this.#serving();
    if (serving.length === 0) throw new Error('no worker serves');
    await Promise.any(serving.map((worker) => worker.call('ready'))).catch((error: AggregateError) => {
      throw error.errors[0];
    });
  }

  /**
   * Rejects when all serving workers report that only a restart helps. A worker that does not reply counts as alive: it is busy, and
   * `WorkerProcess` kills it when it stalls.
   */
  async alive(): Promise<void> {
    const calls = this.#serving().map((worker) => worker.call('alive'));
    const replies = await Promise.allSettled(calls);
    const failures = replies.flatMap((reply) => (reply.status === 'rejected' ? [reply.reason] : []));
    if (replies.length === 0 || failures.length < replies.length) return;
    if (!failures.some((error) => error instanceof WorkerTimeoutError)) throw failures[0];
  }

  /** The metrics of the workers that serve, and of the pool. */
  async metrics(): Promise<string> {
    const workers = this.#serving();
    const replies = await Promise.allSettled(workers.map((worker) => worker.call('metrics')));
    const texts = replies.flatMap((reply) => (reply.status === 'fulfilled' ? [reply.value] : []));
    return mergeMetrics(texts) + poolMetrics(this.#slots.length, workers.length, this.#starts);
  }

  #serving(): WorkerProcess[] {
    return this.#slots.flatMap(({ current }) => current ?? []);
  }

  #addSlot(): Slot {
    const slot: Slot = { number: this.#slots.length + 1, crashes: 0, servingSince: 0 };
    this.#slots.push(slot);
    return slot;
  }

  #launch(slot: Slot): WorkerProcess {
    const worker = new WorkerProcess(slot.number, (reason) => {
      if (slot.current === worker) slot.replaceReason ??= reason;
      this.#advance();
    });
    this.#starts += 1;
    this.#all.add(worker);
    slot.next = worker;
    slot.replaceReason = undefined;
    worker.serving.then(
      () => this.#onServing(slot, worker),
      () => {},
    );
    void worker.ended.then((end) => this.#onEnd(slot, worker, end));
    return worker;
  }

  #onServing(slot: Slot, worker: WorkerProcess): void {
    if (slot.next !== worker) return;
    const { current } = slot;
    slot.next = undefined;
    slot.current = worker;
    slot.servingSince = performance.now();
    this.#established = true;
    this.#reportServing(worker);
    if (current !== undefined) this.#drain(current, IDLE_GRACE);
    this.#advance();
  }

  #reportServing({ number, pid, startTime }: WorkerProcess): void {
    this.#log?.info({ worker: number, pid, ms: startTime }, `worker ${number} serves`);
  }

  #onEnd(slot: Slot, worker: WorkerProcess, { why }: WorkerEnd): void {
    this.#all.delete(worker);
    if (this.#draining.delete(worker)) {
      this.#log?.info({ worker: worker.number, pid: worker.pid, why }, `worker ${worker.number} has left`);
    } else if (slot.current === worker) {
      slot.current = undefined;
      if (performance.now() - slot.servingSince > STABLE_AFTER_MS) slot.crashes = 0;
      this.#onCrash(slot, worker, why);
    } else if (slot.next === worker) {
      slot.next = undefined;
      if (slot.current === undefined) this.#onCrash(slot, worker, why);
      else this.#onFailedReplacement(slot, why);
    }
    this.#advance();
  }

  #onCrash(slot: Slot, worker: WorkerProcess, why: string): void {
    slot.crashes += 1;
    const ms = restartDelay(slot.crashes);
    this.#log?.error(
      { worker: slot.number, pid: worker.pid, why, crashes: slot.crashes, restartIn: ms },
      `worker ${slot.number} ended`,
    );
    if (ms === 0) return;
    slot.backoff = setTimeout(() => {
      slot.backoff = undefined;
      this.#advance();
    }, ms);
  }

  #onFailedReplacement(slot: Slot, why: string): void {
    this.#log?.error(
      { worker: slot.number, why },
      `the new worker ${slot.number} did not come to serve; the old one stays`,
    );
    // Marked again while it started: another reload was requested.
    if (this.#reloadingSince === undefined || slot.replaceReason === RELOAD) return;
    for (const other of this.#slots) if (other.replaceReason === RELOAD) other.replaceReason = undefined;
    this.#reloadingSince = undefined;
    this.#log?.error('reload given up');
  }

  /** Starts workers for empty slots at once, and replaces one worker at a time. */
  #advance(): void {
    if (this.#stopping || !this.#established) return;
    for (const slot of this.#slots) {
      const isEmpty = slot.current === undefined && slot.next === undefined;
      if (isEmpty && slot.backoff === undefined) this.#launch(slot);
    }
    if (this.#draining.size > 0 || this.#slots.some(({ current, next }) => current && next)) return;
    const due = this.#slots.find(
      ({ current, next, replaceReason }) => current && !next && replaceReason !== undefined,
    );
    if (due !== undefined) {
      this.#log?.info({ worker: due.number, why: due.replaceReason }, `replacing worker ${due.number}`);
      this.#launch(due);
    } else if (this.#reloadingSince !== undefined && this.#serving().length === this.#slots.length) {
      const ms = Math.round(performance.now() - this.#reloadingSince);
      this.#reloadingSince = undefined;
      this.#log?.info({ workers: this.#slots.length, ms }, 'reloaded');
    }
  }

  #drain(worker: WorkerProcess, grace: number): void {
    this.#draining.add(worker);
    worker.drain(grace);
  }

  /** Empties a slot for good. A worker that does not serve yet is killed: it has no requests to finish. */
  #clear(slot: Slot, grace: number): void {
    clearTimeout(slot.backoff);
    const { current, next } = slot;
    slot.current = undefined;
    slot.next = undefined;
    if (current !== undefined) this.#drain(current, grace);
    if (next !== undefined) {
      this.#draining.add(next);
      next.kill('it is not needed any more');
    }
  }
}
