import { Worker } from 'node:worker_threads';
import type { PasswordProblem } from './password-problem.ts';
import type { JudgeReply, JudgeRequest } from './password-judge-thread.ts';

/**
 * Applies the rules for new passwords (`password-rules.ts`) in a thread: its lists take 100 ms to load, and a judgement up to 70 ms, in
 * which the event loop would sign no token. The thread starts with the first new password and ends some time after the last one, because
 * its lists take 40 MB. The caller bounds how many wait.
 */

/** Milliseconds without a new password, after which the thread ends. */
const IDLE_MS = 30_000;

interface PendingJudgement {
  resolve: (problems: PasswordProblem[]) => void;
  reject: (error: Error) => void;
}

let judge: Judge | undefined;

/**
 * @param names the username and the names of the service
 * @returns one problem per rule that the password violates
 */
export async function judgePassword(password: string, names: readonly string[]): Promise<PasswordProblem[]> {
  if (judge === undefined || judge.hasEnded) judge = new Judge();
  return await judge.ask(password, names);
}

class Judge {
  readonly #thread: Worker;
  readonly #pending = new Map<number, PendingJudgement>();
  #lastNumber = 0;
  #idle: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor() {
    this.#thread = new Worker(new URL('./password-judge-thread.ts', import.meta.url), {
      env: {},
      name: 'passwords',
    });
    this.#thread.unref();
    this.#thread.on('message', (reply: JudgeReply) => this.#settle(reply));
    this.#thread.on('error', (error) => this.#end(error));
    this.#thread.on('exit', () => this.#end(new Error('the thread for passwords ended')));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  ask(password: string, names: readonly string[]): Promise<PasswordProblem[]> {
    clearTimeout(this.#idle);
    const number = (this.#lastNumber += 1);
    const { promise, resolve, reject } = Promise.withResolvers<PasswordProblem[]>();
    this.#pending.set(number, { resolve, reject });
    this.#thread.ref();
    this.#thread.postMessage({ number, password, names } satisfies JudgeRequest, []);
    return promise;
  }

  #settle(reply: JudgeReply): void {
    const pending = this.#pending.get(reply.number);
    this.#pending.delete(reply.number);
    if ('problems' in reply) pending?.resolve(reply.problems);
    else pending?.reject(new Error(`the password could not be judged: ${reply.error}`));
    if (this.#pending.size > 0) return;
    this.#thread.unref();
    this.#idle = setTimeout(() => this.#close(), IDLE_MS).unref();
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
