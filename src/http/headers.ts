import type { Middleware } from 'koa';

/**
 * Headers of every response. Pages add their own (`pages/csp.ts`). Responses are not cached, also errors (RFC 6749 §5.1, RFC 7009 §2.2),
 * except those that set `Cache-Control` themselves.
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
