import type { Middleware } from 'koa';

/**
 * The headers of every answer. Pages load this app's stylesheet and icon and nothing else; there are no scripts.
 * @param issuer signing out posts to this app and is redirected there, which `form-action` governs too
 */
export function securityHeaders(url: URL, issuer: URL): Middleware {
  const headers = {
    'Content-Security-Policy': [
      "default-src 'none'",
      "style-src 'self'",
      "img-src 'self'",
      `form-action 'self' ${issuer.origin}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "object-src 'none'",
    ].join('; '),
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
    ...(url.protocol === 'https:' && { 'Strict-Transport-Security': 'max-age=31536000' }),
  };
  return (ctx, next) => {
    ctx.set(headers);
    return next();
  };
}
