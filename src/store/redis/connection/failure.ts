import { StoreUnavailableError } from '../../errors.ts';

/** What the errors of a running Redis mean. */

/** No operation takes longer (milliseconds): the port promises an answer within a second. */
export const PATIENCE = 900;

/**
 * Whatever the client rejects with, as the port names it. A write whose answer was lost may have happened.
 *
 * The client's own errors carry the command with its arguments, which belong in no log: only the text is kept.
 */
export function toStoreError(error: unknown): StoreUnavailableError {
  if (error instanceof StoreUnavailableError) return error;
  const text = textOf(error);
  const code = /^([A-Z]{2,})\b/.exec(text)?.[1];
  const what = code ?? (DISCONNECTED.test(text) ? 'not connected' : text);
  return new StoreUnavailableError(`the Redis store cannot answer (${what})`, { cause: new Error(text) });
}

/** The many ways in which the client says so. */
const DISCONNECTED = /isn't writeable|isn't ready|is closed|is ended|reached the max retries|startup nodes/i;

/** The error's text without the arguments that Redis repeats of a command it does not know. */
export function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/, with args beginning with.*/s, '');
}

/** @throws StoreUnavailableError when `promise` does not settle in time */
export function settleInTime<T>(promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new StoreUnavailableError('the Redis store did not answer in time')),
      PATIENCE,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
