import { IDLE_GRACE } from '../app/listener.ts';
import type { Logger } from '../observability/log.ts';
import type { ServingSettings } from './protocol.ts';
import { mergeMetrics, poolMetrics } from './worker-metrics.ts';
import { SilentWorkerError, type WorkerEnd, WorkerProcess } from './worker-process.ts';

/**
 * The places that workers fill: who serves, who starts, who shall be replaced. Each event changes that, and `#advance` does what is due.
 * Owns no socket and no configuration.
 */

/** Milliseconds of service after which a crash counts as the first again. */
const STABLE_AFTER = 10_000;

const FIRST_DELAY = 250;
const LONGEST_DELAY = 30_000;

const RELOAD = 'reload';

/** Milliseconds before a worker that crashed so many times in a row is started again: none after the first crash. */
export function restartDelay(crashes: number): number {
  return crashes <= 1 ? 0 : Math.min(FIRST_DELAY * 2 ** (crashes - 2), LONGEST_DELAY);
}

interface Place {
  readonly number: number;
  /** Serves. */
  current?: WorkerProcess | undefined;
  /** `performance.now()` */
  servingSince: number;
  /** Starts, to become the current one. */
  next?: WorkerProcess | undefined;
  /** Why the current one shall be replaced. */
  replace?: string | undefined;
  /** Crashes in a row. */
  crashes: number;
  /** Runs while a start is put off. */
  delay?: NodeJS.Timeout | undefined;
}

export class WorkerPool {
  readonly #places: Place[] = [];
  /** They finish what they have and leave. */
  readonly #leaving = new Set<WorkerProcess>();
  readonly #all = new Set<WorkerProcess>();
  #log: Logger | undefined;
  #established = false;
  #stopping = false;
  #reloadingSince: number | undefined;
  #starts = 0;

  /**
   * Starts the first worker alone: it finds what is wrong with the configuration, and makes the database and the first key.
   * @throws WorkerStartError; nothing is left running then
   */
  async start(): Promise<ServingSettings> {
    return await this.#launch(this.#addPlace()).serving;
  }

  /**
   * Starts the other workers.
   * @param log for everything from now on
   * @returns when each of them serves or has failed for the first time
   */
  async fill(size: number, log: Logger): Promise<void> {
    this.#log = log;
    for (const { current } of this.#places) if (current !== undefined) this.#reportServing(current);
    const started: Promise<unknown>[] = [];
    while (!this.#stopping && this.#places.length < size)
      started.push(this.#launch(this.#addPlace()).serving);
    await Promise.allSettled(started);
  }

  /** Replaces all workers, one at a time. Stops at the first one that does not come to serve; the old ones go on then. */
  reload(): void {
    this.#reloadingSince ??= performance.now();
    for (const place of this.#places) {
      place.replace = RELOAD;
      place.crashes = 0;
      clearTimeout(place.delay);
      place.delay = undefined;
    }
    this.#advance();
  }

  add(): void {
    this.#addPlace();
    this.#log?.info({ workers: this.#places.length }, 'adding a worker');
    this.#advance();
  }

  /** Lets the last worker finish and leave; the only one stays. */
  remove(): void {
    if (this.#places.length <= 1) {
      this.#log?.warn('the only worker stays');
      return;
    }
    const place = this.#places.pop() as Place;
    this.#log?.info({ workers: this.#places.length }, `removing worker ${place.number}`);
    this.#clear(place, IDLE_GRACE);
  }

  /**
   * Ends all workers, those that serve after they have finished what they have.
   * @param grace milliseconds in which an idle connection may still bring one request
   */
  async stop(grace: number): Promise<void> {
    this.#stopping = true;
    for (const place of this.#places) this.#clear(place, grace);
    await Promise.all([...this.#all].map(({ ended }) => ended));
  }

  /** Resolves when a worker can do its work; rejects with the reason of one that cannot. */
  async ready(): Promise<void> {
    const serving = this.#serving();
    if (serving.length === 0) throw new Error('no worker serves');
    await Promise.any(serving.map((worker) => worker.ask('ready'))).catch((error: AggregateError) => {
      throw error.errors[0];
    });
  }

  /** Rejects when no worker can answer a request without a restart. One that says nothing is busy, and watched by `WorkerProcess`. */
  async alive(): Promise<void> {
    const asked = this.#serving().map((worker) => worker.ask('alive'));
    const answers = await Promise.allSettled(asked);
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    if (answers.length === 0 || refused.length < answers.length) return;
    if (!refused.some((error) => error instanceof SilentWorkerError)) throw refused[0];
  }

  /** What the workers that serve show of themselves, and what there is to say about them. */
  async metrics(): Promise<string> {
    const workers = this.#serving();
    const answers = await Promise.allSettled(workers.map((worker) => worker.ask('metrics')));
    const texts = answers.flatMap((answer, index) =>
      answer.status === 'fulfilled'
        ? [{ worker: (workers[index] as WorkerProcess).number, text: answer.value }]
        : [],
    );
    return mergeMetrics(texts) + poolMetrics(this.#places.length, workers.length, this.#starts);
  }

  #serving(): WorkerProcess[] {
    return this.#places.flatMap(({ current }) => current ?? []);
  }

  #addPlace(): Place {
    const place: Place = { number: this.#places.length + 1, crashes: 0, servingSince: 0 };
    this.#places.push(place);
    return place;
  }

  #launch(place: Place): WorkerProcess {
    const worker = new WorkerProcess(place.number, (reason) => {
      if (place.current === worker) place.replace ??= reason;
      this.#advance();
    });
    this.#starts += 1;
    this.#all.add(worker);
    place.next = worker;
    place.replace = undefined;
    worker.serving.then(
      () => this.#onServing(place, worker),
      () => {},
    );
    void worker.ended.then((end) => this.#onEnd(place, worker, end));
    return worker;
  }

  #onServing(place: Place, worker: WorkerProcess): void {
    if (place.next !== worker) return;
    const { current } = place;
    place.next = undefined;
    place.current = worker;
    place.servingSince = performance.now();
    this.#established = true;
    this.#reportServing(worker);
    if (current !== undefined) this.#dismiss(current, IDLE_GRACE);
    this.#advance();
  }

  #reportServing({ number, pid, startTime }: WorkerProcess): void {
    this.#log?.info({ worker: number, pid, ms: startTime }, `worker ${number} serves`);
  }

  #onEnd(place: Place, worker: WorkerProcess, { why }: WorkerEnd): void {
    this.#all.delete(worker);
    if (this.#leaving.delete(worker)) {
      this.#log?.info({ worker: worker.number, pid: worker.pid, why }, `worker ${worker.number} has left`);
    } else if (place.current === worker) {
      place.current = undefined;
      if (performance.now() - place.servingSince > STABLE_AFTER) place.crashes = 0;
      this.#onCrash(place, worker, why);
    } else if (place.next === worker) {
      place.next = undefined;
      if (place.current === undefined) this.#onCrash(place, worker, why);
      else this.#onFailedReplacement(place, why);
    }
    this.#advance();
  }

  #onCrash(place: Place, worker: WorkerProcess, why: string): void {
    place.crashes += 1;
    const ms = restartDelay(place.crashes);
    this.#log?.error(
      { worker: place.number, pid: worker.pid, why, crashes: place.crashes, restartIn: ms },
      `worker ${place.number} ended`,
    );
    if (ms === 0) return;
    place.delay = setTimeout(() => {
      place.delay = undefined;
      this.#advance();
    }, ms);
  }

  #onFailedReplacement(place: Place, why: string): void {
    this.#log?.error(
      { worker: place.number, why },
      `the new worker ${place.number} did not come to serve; the old one goes on`,
    );
    // Marked again while it started: somebody has asked for another try.
    if (this.#reloadingSince === undefined || place.replace === RELOAD) return;
    for (const other of this.#places) if (other.replace === RELOAD) other.replace = undefined;
    this.#reloadingSince = undefined;
    this.#log?.error('reload given up');
  }

  /** Does what is due: fills empty places at once, and replaces one worker at a time. */
  #advance(): void {
    if (this.#stopping || !this.#established) return;
    for (const place of this.#places) {
      const isEmpty = place.current === undefined && place.next === undefined;
      if (isEmpty && place.delay === undefined) this.#launch(place);
    }
    if (this.#leaving.size > 0 || this.#places.some(({ current, next }) => current && next)) return;
    const due = this.#places.find(({ current, next, replace }) => current && !next && replace !== undefined);
    if (due !== undefined) {
      this.#log?.info({ worker: due.number, why: due.replace }, `replacing worker ${due.number}`);
      this.#launch(due);
    } else if (this.#reloadingSince !== undefined && this.#serving().length === this.#places.length) {
      const ms = Math.round(performance.now() - this.#reloadingSince);
      this.#reloadingSince = undefined;
      this.#log?.info({ workers: this.#places.length, ms }, 'reloaded');
    }
  }

  #dismiss(worker: WorkerProcess, grace: number): void {
    this.#leaving.add(worker);
    worker.drain(grace);
  }

  /** Empties a place for good. A worker that does not serve yet has nothing to finish. */
  #clear(place: Place, grace: number): void {
    clearTimeout(place.delay);
    const { current, next } = place;
    place.current = undefined;
    place.next = undefined;
    if (current !== undefined) this.#dismiss(current, grace);
    if (next !== undefined) {
      this.#leaving.add(next);
      next.kill('it is not needed any more');
    }
  }
}
