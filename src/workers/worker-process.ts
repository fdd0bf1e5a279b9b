import cluster, { type Worker } from 'node:cluster';
import { DRAIN_TIME } from '../app/listener.ts';
import {
  NUMBER_VARIABLE,
  type Question,
  type ServingSettings,
  type ToPrimary,
  type ToWorker,
} from './protocol.ts';

/** One worker as the primary sees it, from the fork to the end. */

/** Milliseconds without a word, be it that it does not get ready or that its event loop hangs, after which a worker is killed. */
const LONGEST_SILENCE = 30_000;
const SILENCE_CHECK = 5000;

/** Milliseconds that a worker gets to close its store after `DRAIN_TIME`. */
const CLOSING_TIME = 2000;

/** Milliseconds that a question waits for its answer. */
const ANSWER_TIME = 1000;

/** How a worker ended, and the same in words. */
export interface WorkerEnd {
  code: number | null;
  why: string;
}

/** A worker ended before it served. */
export class WorkerStartError extends Error {
  override readonly name = 'WorkerStartError';
  /** Exit code of a worker that has said itself what is wrong. */
  readonly code: number | null;

  constructor({ code, why }: WorkerEnd) {
    super(`a worker ended before it could serve: ${why}`);
    this.code = code;
  }
}

/** A worker that did not answer in time. */
export class SilentWorkerError extends Error {
  override readonly name = 'SilentWorkerError';
}

interface Asked {
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
  readonly #asked = new Map<number, Asked>();
  #questions = 0;
  #heardAt = performance.now();
  #startTime: number | undefined;
  #killedFor: string | undefined;
  #draining = false;

  /**
   * Forks.
   * @param onReplace told why the worker, which goes on serving, asks for another in its place
   */
  constructor(number: number, onReplace: (reason: string) => void) {
    this.number = number;
    this.#worker = cluster.fork({ [NUMBER_VARIABLE]: String(number) });
    const { promise: serving, resolve: serves, reject: failed } = Promise.withResolvers<ServingSettings>();
    this.serving = serving;
    const watch = setInterval(() => {
      if (performance.now() - this.#heardAt > LONGEST_SILENCE) this.kill('it had gone silent');
    }, SILENCE_CHECK);
    this.ended = new Promise((resolve) => {
      const onEnd = (code: number | null, why: string): void => {
        const end = { code, why: this.#killedFor ?? why };
        clearInterval(watch);
        failed(new WorkerStartError(end));
        resolve(end);
      };
      this.#worker.on('exit', (code, signal) => onEnd(code, signal ?? `exit code ${code}`));
      // Also told of messages that came too late, which the end itself tells better.
      this.#worker.on('error', (error: Error) => {
        if (this.#worker.process.pid === undefined) onEnd(null, error.message);
      });
    });
    this.#worker.on('message', (message: ToPrimary) => {
      this.#heardAt = performance.now();
      if (message.type === 'serving') {
        this.#startTime = Math.round(this.#heardAt - this.#forkedAt);
        serves(message.settings);
      }
      if (message.type === 'replace') onReplace(message.reason);
      else if ('id' in message) this.#settle(message);
    });
    // Whoever does not wait for it learns of the end all the same.
    serving.catch(() => {});
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Milliseconds from the fork until it served. */
  get startTime(): number | undefined {
    return this.#startTime;
  }

  /** @throws Error with the reason of the worker, or that it did not answer in time */
  ask(question: Question): Promise<string> {
    const id = (this.#questions += 1);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#asked.set(id, { resolve, reject });
    const timer = setTimeout(() => {
      this.#asked.delete(id);
      reject(new SilentWorkerError(`worker ${this.number} did not answer`));
    }, ANSWER_TIME);
    this.#send({ type: 'ask', id, question });
    return promise.finally(() => clearTimeout(timer));
  }

  /**
   * Lets it finish and leave; kills it when that takes too long.
   * @param grace milliseconds in which an idle connection may still bring one request
   */
  drain(grace: number): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#send({ type: 'drain', grace });
    const deadline = setTimeout(() => this.kill('it did not finish in time'), DRAIN_TIME + CLOSING_TIME);
    void this.ended.then(() => clearTimeout(deadline));
  }

  /** @param why for the log */
  kill(why: string): void {
    this.#killedFor ??= `killed, ${why}`;
    this.#worker.process.kill('SIGKILL');
  }

  #settle(answer: Extract<ToPrimary, { id: number }>): void {
    const asked = this.#asked.get(answer.id);
    this.#asked.delete(answer.id);
    if (answer.type === 'answer') asked?.resolve(answer.text);
    else asked?.reject(new Error(answer.text));
  }

  /** The callback takes the error of a worker that is gone, which its end tells better. */
  #send(message: ToWorker): void {
    this.#worker.send(message, () => {});
  }
}
