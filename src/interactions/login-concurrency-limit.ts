import type { Middleware } from 'koa';
import pLimit from 'p-limit';

declare module 'koa' {
  interface DefaultState {
    /** The queue of sign-ins is full, or the client has closed the connection. */
    overloaded?: boolean;
  }
}

/**
 * Limits concurrent sign-ins before any work is done for them. Hashing has a queue of its own; but for hundreds of simultaneous sign-ins, the
 * work before it would block the event loop, which signs tokens, for a tenth of a second.
 */
export interface LoginConcurrencyLimit {
  /** Runs after the form was read, because a slow client would hold its place. Sets `state.overloaded`. */
  middleware: Middleware;
  /** Sign-ins in the queue. */
  readonly waiting: number;
}

/** @param settings `concurrency`: hashes computed at the same time; `queue`: how many may wait */
export function createLoginConcurrencyLimit(settings: {
  concurrency: number;
  queue: number;
}): LoginConcurrencyLimit {
  // One more than hashes run at the same time, so that the next is prepared.
  const limit = pLimit(settings.concurrency + 1);
  return {
    middleware: async (ctx, next) => {
      ctx.state.overloaded = limit.pendingCount >= settings.queue;
      if (ctx.state.overloaded) await next();
      else {
        await limit(async () => {
          // No hash is computed for a client that has closed the connection.
          ctx.state.overloaded = ctx.res.destroyed;
          await next();
        });
      }
    },
    get waiting() {
      return limit.pendingCount;
    },
  };
}
