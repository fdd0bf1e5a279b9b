import type { Middleware } from 'koa';

/** Headers of every response, whatever its type. Pages add their own (`page-security.ts`). */
export function transportHeaders(issuer: string): Middleware {
  // RFC 6797 §7.2: never over plain http.
  const secure = issuer.startsWith('https:');
  return ({ res }, next) => {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    if (secure) res.setHeader('Strict-Transport-Security', 'max-age=31536000');
    return next();
  };
}
