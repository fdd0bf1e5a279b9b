import type { Middleware } from 'koa';

/**
 * Sends whoever came by another name (`127.0.0.1` for `localhost`) to the configured one: cookies and the redirect URI are bound
 * to it, and a page that reached this app by rebinding a name of its own gets no further.
 */
export function canonicalHost(url: URL): Middleware {
  return (ctx, next) => {
    if (ctx.req.headers.host === url.host) return next();
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') ctx.throw(421, `This app is at ${url.origin}`);
    // Concatenated, not resolved: a path may begin with two slashes.
    ctx.redirect(url.origin + ctx.path + ctx.search);
    return undefined;
  };
}
