import type { Middleware } from 'koa';

/**
 * Headers of every response, whatever its type. Pages add their own (`page-security.ts`), and what may be cached says so: nothing else
 * ever lies in a cache, also what was refused (RFC 6749 §5.1, RFC 7009 §2.2).
 */
export function transportHeaders(issuer: string): Middleware {
  // RFC 6797 §7.2: never over plain http.
  const secure = issuer.startsWith('https:');
  return ({ res }, next) => {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    res.setHeader('Cache-Control', 'no-store');
    if (secure) res.setHeader('Strict-Transport-Security', 'max-age=31536000');
    return next();
  };
}
