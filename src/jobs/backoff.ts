/** Seconds. */
const FIRST_DELAY = 5;
const MAX_DELAY = 3600;
/** Of the delay, to both sides: jobs that failed together are not tried again together. */
const JITTER = 0.25;

/** A job is tried again for a day. */
export const RETRY_PERIOD = 86_400;

/** Also for a receiver that asks for more (`Retry-After`). */
const MAX_REQUESTED_DELAY = 6 * 3600;

/**
 * Seconds until the next attempt: 5, 10, 20 … 3600, each up to a quarter more or less.
 * @param attempt the one that has failed, from 1
 * @param requested seconds that the receiver has asked for
 * @param random from 0 to 1
 */
export function retryDelay(attempt: number, requested = 0, random = Math.random()): number {
  const delay = Math.min(FIRST_DELAY * 2 ** Math.min(attempt - 1, 20), MAX_DELAY);
  const jittered = delay * (1 + JITTER * (2 * random - 1));
  return Math.max(Math.round(jittered), Math.min(Math.ceil(requested), MAX_REQUESTED_DELAY), 1);
}
