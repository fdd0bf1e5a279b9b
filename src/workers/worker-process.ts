import cluster, { type Worker } from 'node:cluster';
import { DRAIN_TIME } from '../app/listener.ts';
import {
  NUMBER_VARIABLE,
  type ServingSettings,
  type ToPrimary,
  type ToWorker,
  type WorkerMethod,
} from './protocol.ts';

/** One worker as the primary sees it, from the fork to the exit: its messages, its heartbeat and the calls that wait for a reply. */

/** Without a message for so long, a worker that starts, or whose event loop is blocked, is killed. */
const STALL_TIMEOUT_MS = 30_000;
const STALL_CHECK_MS = 5000;

/** How long a worker may take to close its store after `DRAIN_TIME`. */
const STORE_CLOSE_TIMEOUT_MS = 2000;

/** How long a call waits for its reply. */
const REPLY_TIMEOUT_MS = 1000;

/** Exit code of a worker, and the reason for the log. */
export interface WorkerEnd {
  code: number | null;
  why: string;
}

/** A worker exited before it served. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
  /** Exit code of a worker that has logged the reason itself. */
  readonly code: number | null;

  constructor({ code, why }: WorkerEnd) {
    super(`a worker ended before it could serve: ${why}`);
    this.code = code;
  }
}

/** A worker did not reply in time. */
export class WorkerTimeoutError extends Error {
  override readonly name = 'WorkerTimeoutError';
}

interface PendingCall {
  resolve: (text: string) => void;
  reject: (error: Error) => void;
}

export class WorkerProcess {
  readonly number: number;
  /** Rejects with WorkerStartError. */
  readonly serving: Promise<ServingSettings>;
  readonly ended: Promise<WorkerEnd>;
  readonly #forkedAt = performance.now();
  readonly #worker: Worker;
  readonly #onReplace: (reason: string) => void;
  readonly #served = Promise.withResolvers<ServingSettings>();
  readonly #pendingCalls = new Map<number, PendingCall>();
  #calls = 0;
  #lastReplyAt = performance.now();
  #startTime: number | undefined;
  #killReason: string | undefined;
  #draining = false;

  /**
   * Forks a worker.
   * @param onReplace called with the reason when the worker, which still serves, asks for a replacement
   */
  constructor(number: number, onReplace: (reason: string) => void) {
    this.number = number;
    this.#onReplace = onReplace;
    this.serving = this.#served.promise;
    // The rejection is handled by `ended` where no caller awaits `serving`.
    this.serving.catch(() => {});
    this.#worker = cluster.fork({ [NUMBER_VARIABLE]: String(number) });
    this.ended = this.#watch();
    this.#worker.on('message', (message: ToPrimary) => this.#onMessage(message));
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Milliseconds from the fork until it served. */
  get startTime(): number | undefined {
    return this.#startTime;
  }

  /** @throws Error with the message of the worker, or WorkerTimeoutError */
  call(method: WorkerMethod): Promise<string> {
    const id = (this.#calls += 1);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#pendingCalls.set(id, { resolve, reject });
    const timer = setTimeout(() => {
      this.#pendingCalls.delete(id);
      reject(new WorkerTimeoutError(`worker ${this.number} did not answer`));
    }, REPLY_TIMEOUT_MS);
    this.#send({ type: 'call', id, method });
    return promise.finally(() => clearTimeout(timer));
  }

  /**
   * Lets it finish its requests and exit. Kills it after a time-out.
   * @param grace milliseconds in which an idle connection may still send one request
   */
  drain(grace: number): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#send({ type: 'drain', grace });
    const timeout = DRAIN_TIME + STORE_CLOSE_TIMEOUT_MS;
    const timer = setTimeout(() => this.kill('it did not finish in time'), timeout);
    void this.ended.then(() => clearTimeout(timer));
  }

  /** @param why for the log */
  kill(why: string): void {
    this.#killReason ??= `killed, ${why}`;
    this.#worker.process.kill('SIGKILL');
  }

  get #isStalled(): boolean {
    return performance.now() - this.#lastReplyAt > STALL_TIMEOUT_MS;
  }

  /** Kills the worker when it stalls. Resolves when it has exited. */
  #watch(): Promise<WorkerEnd> {
    const { promise, resolve } = Promise.withResolvers<WorkerEnd>();
    const stallCheck = setInterval(() => {
      if (this.#isStalled) this.kill('it had gone silent');
    }, STALL_CHECK_MS);
    const onEnd = (code: number | null, why: string): void => {
      const end = { code, why: this.#killReason ?? why };
      clearInterval(stallCheck);
      this.#served.reject(new WorkerStartError(end));
      resolve(end);
    };
    this.#worker.on('exit', (code, signal) => onEnd(code, signal ?? `exit code ${code}`));
    // Also emitted for a message that could not be sent to an exited worker; `exit` reports that.
    this.#worker.on('error', (error: Error) => {
      if (this.#worker.process.pid === undefined) onEnd(null, error.message);
    });
    return promise;
  }

  #onMessage(message: ToPrimary): void {
    this.#lastReplyAt = performance.now();
    switch (message.type) {
      case 'serving':
        this.#startTime = Math.round(this.#lastReplyAt - this.#forkedAt);
        this.#served.resolve(message.settings);
        break;
      case 'replace':
        this.#onReplace(message.reason);
        break;
      case 'result':
        this.#takePendingCall(message.id)?.resolve(message.text);
        break;
      case 'failure':
        this.#takePendingCall(message.id)?.reject(new Error(message.message));
        break;
      case 'heartbeat':
    }
  }

  #takePendingCall(id: number): PendingCall | undefined {
    const call = this.#pendingCalls.get(id);
    this.#pendingCalls.delete(id);
    return call;
  }

  /** The callback receives the error for an exited worker, which `exit` reports. */
  #send(message: ToWorker): void {
    this.#worker.send(message, () => {});
  }
}
