import { Worker } from 'node:worker_threads';
import type { BcryptReply, BcryptRequest } from './bcrypt-thread.ts';

/** Time without a comparison after which the thread ends. */
const IDLE_MS = 60_000;

interface Pending {
  resolve: (valid: boolean) => void;
  reject: (error: Error) => void;
}

/**
 * Compares passwords with bcrypt hashes of imported accounts, in one thread, which starts with the first comparison. The library has no native
 * part, so it runs wherever Signet does; a comparison is about twice as slow as a native one.
 */
class BcryptThread {
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #number = 0;
  readonly #pending = new Map<number, Pending>();

  compare(password: string, hash: string): Promise<boolean> {
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    this.#number += 1;
    const number = this.#number;
    return new Promise<boolean>((resolve, reject) => {
      this.#pending.set(number, { resolve, reject });
      worker.ref();
      worker.postMessage({ number, password, hash } satisfies BcryptRequest, []);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./bcrypt-thread.ts', import.meta.url), { env: {}, name: 'bcrypt' });
    worker.on('message', ({ number, valid }: BcryptReply) => {
      this.#pending.get(number)?.resolve(valid === true);
      this.#pending.delete(number);
      if (this.#pending.size === 0) this.#rest(worker);
    });
    worker.on('error', (error) => {
      this.#worker = undefined;
      for (const { reject } of this.#pending.values()) reject(error);
      this.#pending.clear();
    });
    return worker;
  }

  #rest(worker: Worker): void {
    worker.unref();
    this.#idle = setTimeout(() => {
      this.#worker = undefined;
      void worker.terminate();
    }, IDLE_MS).unref();
  }
}

const thread = new BcryptThread();

/** @returns false also for a hash that is malformed */
export function compareBcrypt(password: string, hash: string): Promise<boolean> {
  return thread.compare(password, hash);
}
