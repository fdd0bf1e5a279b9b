import type { Middleware } from 'koa';

/**
 * Requests of one browser session take turns. The engine reads a session at the start of a request and writes all of it at the end, so that
 * two at once (tabs that a browser restores) would undo what the other one did.
 * @param cookie name of the session cookie
 */
export function sessionLock(cookie: string): Middleware {
  const last = new Map<string, Promise<void>>();
  return async (ctx, next) => {
    const session = ctx.cookies.get(cookie);
    if (session === undefined) {
      await next();
      return;
    }
    const before = last.get(session);
    const turn = Promise.withResolvers<void>();
    last.set(session, turn.promise);
    try {
      await before;
      await next();
    } finally {
      turn.resolve();
      if (last.get(session) === turn.promise) last.delete(session);
    }
  };
}
