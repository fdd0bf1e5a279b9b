import type { Middleware } from 'koa';

/**
 * Sends whoever came by another name (`127.0.0.1` for `localhost`) to the configured one: cookies and the redirect URI are bound
 * to it, and a page that reached this app by rebinding a name of its own gets no further.
 */
export function canonicalHost(url: URL): Middleware {
  // A proxy may write the default port out (RFC 9110 §4.2.3); to redirect for that would never end.
  const hosts = new Set([url.host, `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`]);
  return (ctx, next) => {
    if (hosts.has(ctx.req.headers.host?.toLowerCase() ?? '')) return next();
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') ctx.throw(421, `This app is at ${url.origin}`);
    // Concatenated, not resolved: a path may begin with two slashes.
    ctx.redirect(url.origin + ctx.path + ctx.search);
    return undefined;
  };
}
