import type { Middleware } from 'koa';

/**
 * Serializes the requests of one browser session, within a process. A session is written by version (`oidc/engine/session.ts`), so it is
 * correct without the lock; but of two concurrent requests (tabs that a browser restores) one would have to repeat its write.
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
