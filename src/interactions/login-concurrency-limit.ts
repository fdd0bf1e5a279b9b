import type { Middleware } from 'koa';
import pLimit from 'p-limit';

declare module 'koa' {
  interface DefaultState {
    /** Too many sign-ins wait already, or the client has closed the connection. */
    overloaded?: boolean;
  }
}

/**
 * Sign-ins take turns before any work is done for them. Hashing has a queue of its own, but when hundreds of people press the button at
 * once, all that comes before it would keep the event loop from signing tokens for a tenth of a second.
 */
export interface LoginConcurrencyLimit {
  /** Goes between the form, which may arrive as slowly as it likes, and the rest. Marks who finds too many waiting, or has left, with `state.overloaded`. */
  middleware: Middleware;
  /** Sign-ins waiting for their turn. */
  readonly waiting: number;
}

/** @param settings `concurrency`: hashes computed at the same time; `queue`: how many may wait */
export function createLoginConcurrencyLimit(settings: {
  concurrency: number;
  queue: number;
}): LoginConcurrencyLimit {
  // One more than can be hashed: while it waits there, it is ready.
  const limit = pLimit(settings.concurrency + 1);
  return {
    middleware: async (ctx, next) => {
      ctx.state.overloaded = limit.pendingCount >= settings.queue;
      if (ctx.state.overloaded) await next();
      else {
        await limit(async () => {
          // Whoever has left meanwhile does not keep the others waiting for a hash that nobody gets the answer to.
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
