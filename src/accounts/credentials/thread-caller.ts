import { Worker } from 'node:worker_threads';

export interface ThreadOptions {
  /** The module of the thread. It answers every message with one that has the same `number`. */
  entry: URL;
  name: string;
  /** Milliseconds without a call after which the thread ends. */
  idle: number;
}

interface Pending<Reply> {
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
}

/**
 * A thread for work that would stop the event loop. It starts with the first call and ends some time after the last one; a call after that
 * starts another one. The process does not stay for a thread without calls. The caller bounds how many wait.
 */
export class ThreadCaller<Request extends object, Reply> {
  readonly #options: ThreadOptions;
  #running: RunningThread<Request, Reply> | undefined;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  call(request: Request): Promise<Reply> {
    if (this.#running === undefined || this.#running.hasEnded)
      this.#running = new RunningThread(this.#options);
    return this.#running.call(request);
  }
}

class RunningThread<Request extends object, Reply> {
  readonly #thread: Worker;
  readonly #idleMs: number;
  readonly #pending = new Map<number, Pending<Reply>>();
  #lastNumber = 0;
  #idle: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor({ entry, name, idle }: ThreadOptions) {
    this.#idleMs = idle;
    this.#thread = new Worker(entry, { env: {}, name });
    this.#thread.on('message', (reply: Reply & { number: number }) => this.#settle(reply));
    this.#thread.on('error', (error) => this.#end(error));
    this.#thread.on('exit', () => this.#end(new Error(`the thread ${name} ended`)));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  call(request: Request): Promise<Reply> {
    clearTimeout(this.#idle);
    const number = (this.#lastNumber += 1);
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    this.#pending.set(number, { resolve, reject });
    this.#thread.ref();
    this.#thread.postMessage({ ...request, number }, []);
    return promise;
  }

  #settle(reply: Reply & { number: number }): void {
    this.#pending.get(reply.number)?.resolve(reply);
    this.#pending.delete(reply.number);
    if (this.#pending.size > 0) return;
    this.#thread.unref();
    this.#idle = setTimeout(() => this.#close(), this.#idleMs).unref();
  }

  #close(): void {
    this.#hasEnded = true;
    void this.#thread.terminate();
  }

  #end(error: Error): void {
    this.#hasEnded = true;
    clearTimeout(this.#idle);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
