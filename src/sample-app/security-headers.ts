import type { Middleware } from 'koa';

/**
 * Sets the security headers of every response. Pages load the stylesheet and the icon of this app only; there are no scripts.
 * @param issuer the sign-out form is redirected to the issuer, and `form-action` applies to redirects too
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
