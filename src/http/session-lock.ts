import type { Middleware } from 'koa';

/**
 * Serializes the requests of one browser session, within a process. The engine reads a session at the start of a request and writes it as a
 * whole at the end, so that of two concurrent requests (tabs that a browser restores) one would overwrite the other's changes.
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
    const previous = last.get(session);
    const current = Promise.withResolvers<void>();
    last.set(session, current.promise);
    try {
      await previous;
      await next();
    } finally {
      current.resolve();
      if (last.get(session) === current.promise) last.delete(session);
    }
  };
}
