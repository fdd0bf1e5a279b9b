import { StoreUnavailableError } from '../../errors.ts';

/** Translates the errors of a running Redis into those of the port. */

/** Upper limit of every operation: the port promises an answer within a second. */
export const OPERATION_TIMEOUT_MS = 900;

/**
 * Turns any rejection of the client into a StoreUnavailableError. A write whose reply was lost may have been carried out.
 *
 * The client's own errors contain the command with its arguments, which must not be logged: only the message is kept.
 */
export function toStoreError(error: unknown): StoreUnavailableError {
  if (error instanceof StoreUnavailableError) return error;
  const text = textOf(error);
  const code = /^([A-Z]{2,})\b/.exec(text)?.[1];
  const what = code ?? (DISCONNECTED.test(text) ? 'not connected' : text);
  return new StoreUnavailableError(`the Redis store cannot answer (${what})`, { cause: new Error(text) });
}

/** The messages of ioredis for a missing connection. */
const DISCONNECTED = /isn't writeable|isn't ready|is closed|is ended|reached the max retries|startup nodes/i;

/** The message of an error, without the arguments that Redis repeats when it does not know a command. */
export function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/, with args beginning with.*/s, '');
}

/** @throws StoreUnavailableError when `promise` does not settle in time */
export function withTimeout<T>(promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new StoreUnavailableError('the Redis store did not answer in time')),
      OPERATION_TIMEOUT_MS,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
