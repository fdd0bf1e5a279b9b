import { Worker } from 'node:worker_threads';
import { SignerUnavailableError } from './errors.ts';
import type { HsmAnswer, HsmFailure, HsmRequest, HsmThreadData } from './hsm-protocol.ts';

/** One session with the HSM as the event loop sees it: the thread that has it, and what it was asked. */

/** Milliseconds until whoever asked is told that nothing came. The thread goes on: nothing can interrupt a library's call. */
const DEADLINE = 2000;

/** Milliseconds for what may take longer than a signature: connecting, and making a key. */
const LONG_DEADLINE = 20_000;
const LONG: ReadonlySet<HsmRequest['method']> = new Set(['open', 'generate', 'find', 'destroy']);

/** What the thread answered instead of a result. */
export class HsmError extends SignerUnavailableError {
  readonly kind: HsmFailure['kind'];

  constructor({ message, kind }: HsmFailure) {
    super(`the HSM: ${message}`);
    this.kind = kind;
  }
}

interface Asked {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

export class HsmSession {
  readonly #thread: Worker;
  readonly #asked = new Map<number, Asked>();
  #requests = 0;
  #unanswered = 0;
  #engaged = 0;
  /** When the oldest request that has no answer was made, or the last answer came; milliseconds of `performance.now()`. */
  #heardAt = 0;
  #failed: Error | undefined;

  constructor(data: HsmThreadData) {
    // The PIN is in `workerData`; of the environment the thread needs nothing, and the library reads the process's own.
    this.#thread = new Worker(new URL('./hsm-thread.ts', import.meta.url), {
      workerData: data,
      env: {},
      name: 'hsm',
    });
    this.#thread.unref();
    this.#thread.on('message', (answer: HsmAnswer) => this.#settle(answer));
    this.#thread.on('error', (error) => this.#end(error));
    this.#thread.on('exit', () => this.#end(new Error('its thread ended')));
  }

  /** Requests that have no answer, those included whose deadline has passed. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Whether its thread is no more. */
  get ended(): boolean {
    return this.#failed !== undefined;
  }

  /** Whether it does something that may take long. */
  get isEngaged(): boolean {
    return this.#engaged > 0;
  }

  /** Whether it has said nothing for too long. */
  get hangs(): boolean {
    return this.#unanswered > 0 && performance.now() - this.#heardAt >= DEADLINE;
  }

  /** @throws HsmError; SignerUnavailableError when no answer comes in time */
  async call(method: HsmRequest['method'], ...argument: readonly unknown[]): Promise<unknown> {
    if (!LONG.has(method)) return this.#ask(method, DEADLINE, argument);
    this.#engaged += 1;
    try {
      return await this.#ask(method, LONG_DEADLINE, argument);
    } finally {
      this.#engaged -= 1;
    }
  }

  /** Ends the thread, also one that hangs. */
  async end(): Promise<void> {
    await this.#thread.terminate();
  }

  #ask(method: HsmRequest['method'], deadline: number, argument: readonly unknown[]): Promise<unknown> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    return new Promise((resolve, reject) => {
      const number = ++this.#requests;
      const askedAt = performance.now();
      if (this.#unanswered++ === 0) this.#heardAt = askedAt;
      const timer = setTimeout(() => {
        this.#asked.delete(number);
        // Timers count whole milliseconds, and so may come early by this clock.
        if (this.#heardAt <= askedAt) this.#heardAt = Math.min(this.#heardAt, performance.now() - deadline);
        reject(new SignerUnavailableError('the HSM does not answer'));
      }, deadline);
      this.#asked.set(number, { resolve, reject, timer });
      this.#thread.postMessage({ number, method, argument } satisfies HsmRequest, []);
    });
  }

  #settle(answer: HsmAnswer): void {
    this.#unanswered -= 1;
    this.#heardAt = performance.now();
    const asked = this.#asked.get(answer.number);
    if (asked === undefined) return;
    this.#asked.delete(answer.number);
    clearTimeout(asked.timer);
    if ('failure' in answer) asked.reject(new HsmError(answer.failure));
    else asked.resolve(answer.result);
  }

  #end(error: Error): void {
    this.#failed ??= new HsmError({ message: error.message, kind: 'session' });
    this.#unanswered = 0;
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(this.#failed);
    }
    this.#asked.clear();
  }
}
