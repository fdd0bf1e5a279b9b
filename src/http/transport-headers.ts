import type { Middleware } from 'koa';

/** Headers of every response, whatever its type. Pages add their own (`page-security.ts`). */
export function transportHeaders(issuer: string): Middleware {
  const secure = issuer.startsWith('https:');
  return async (ctx, next) => {
    ctx.set('X-Content-Type-Options', 'nosniff');
    // RFC 6797 §7.2: never over plain http.
    if (secure) ctx.set('Strict-Transport-Security', 'max-age=63072000; includeSubDomains');
    await next();
  };
}
