import { Worker } from 'node:worker_threads';
import { SignerUnavailableError } from '../../errors.ts';
import type {
  HsmArguments,
  HsmFailure,
  HsmMethod,
  HsmReply,
  HsmRequest,
  HsmResult,
  HsmThreadData,
} from './hsm-protocol.ts';

/** After this, the caller gets an error. The thread continues: a call into the library cannot be interrupted. */
const CALL_TIMEOUT_MS = 2000;

/** For calls that may take longer than a signature: connecting, and everything that searches or makes keys. */
const SLOW_CALL_TIMEOUT_MS = 20_000;
const SLOW_METHODS: ReadonlySet<HsmMethod> = new Set(['open', 'generate', 'find', 'destroy']);

/** The thread reported a failure, or ended. */
export class HsmError extends SignerUnavailableError {
  readonly kind: HsmFailure['kind'];

  constructor({ message, kind }: HsmFailure) {
    super(`the HSM: ${message}`);
    this.kind = kind;
  }
}

interface PendingCall {
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
  isSlow: boolean;
}

/** A session with the HSM, as the event loop sees it: the thread, and its pending calls. */
export class HsmSession {
  readonly #thread: Worker;
  /** Calls without a reply, also those that have timed out. */
  readonly #pending = new Map<number, PendingCall>();
  #lastId = 0;
  /** Time of the last reply, or of the first call since the thread was idle. Milliseconds of `performance.now()`. */
  #lastReplyAt = 0;
  #failure: Error | undefined;

  constructor(data: HsmThreadData) {
    // `workerData` has the PIN. The thread needs no environment of its own: the vendor's library reads that of the process.
    this.#thread = new Worker(new URL('./hsm-thread.ts', import.meta.url), {
      workerData: data,
      env: {},
      name: 'hsm',
    });
    this.#thread.unref();
    this.#thread.on('message', (reply: HsmReply) => this.#settle(reply));
    this.#thread.on('error', (error) => this.#fail(error));
    this.#thread.on('exit', () => this.#fail(new Error('its thread ended')));
  }

  get pendingCalls(): number {
    return this.#pending.size;
  }

  get hasEnded(): boolean {
    return this.#failure !== undefined;
  }

  /** Whether it executes a call that may take long, or has one in its queue. */
  get isBusy(): boolean {
    return this.#pending.values().some(({ isSlow }) => isSlow);
  }

  /** Whether calls are pending and no reply has come for the time of a call. */
  get isStalled(): boolean {
    return this.#pending.size > 0 && performance.now() - this.#lastReplyAt >= CALL_TIMEOUT_MS;
  }

  /** @throws HsmError; SignerUnavailableError when the call times out */
  call<Method extends HsmMethod>(method: Method, ...args: HsmArguments<Method>): Promise<HsmResult<Method>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const isSlow = SLOW_METHODS.has(method);
    const calledAt = performance.now();
    if (this.#pending.size === 0) this.#lastReplyAt = calledAt;
    const onTimeout = (): void => {
      // A timer may fire early by this clock, and the session counts as stalled from now on.
      if (this.#lastReplyAt <= calledAt) this.#lastReplyAt = calledAt - CALL_TIMEOUT_MS;
      reject(new SignerUnavailableError('the HSM does not answer'));
    };
    const timer = setTimeout(onTimeout, isSlow ? SLOW_CALL_TIMEOUT_MS : CALL_TIMEOUT_MS);
    const id = ++this.#lastId;
    this.#pending.set(id, { resolve, reject, timer, isSlow });
    this.#thread.postMessage({ id, method, args } satisfies HsmRequest, []);
    return promise as Promise<HsmResult<Method>>;
  }

  /** Ends the thread, also during a call. */
  async terminate(): Promise<void> {
    await this.#thread.terminate();
  }

  #settle(reply: HsmReply): void {
    this.#lastReplyAt = performance.now();
    const call = this.#pending.get(reply.id);
    if (call === undefined) return;
    this.#pending.delete(reply.id);
    clearTimeout(call.timer);
    // After a time-out, neither has an effect.
    if ('failure' in reply) call.reject(new HsmError(reply.failure));
    else call.resolve(reply.result);
  }

  #fail(error: Error): void {
    this.#failure ??= new HsmError({ message: error.message, kind: 'session' });
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(this.#failure);
    }
    this.#pending.clear();
  }
}
