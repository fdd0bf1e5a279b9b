import type { Middleware } from 'koa';

/**
 * Redirects requests with another host name, such as `127.0.0.1` instead of `localhost`, to the configured one: cookies and the
 * redirect URI are bound to it. Also the protection against DNS rebinding.
 */
export function canonicalHost(url: URL): Middleware {
  // A proxy may include the default port (RFC 9110 §4.2.3); redirecting such a request would loop.
  const hosts = new Set([url.host, `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`]);
  return (ctx, next) => {
    if (hosts.has(ctx.req.headers.host?.toLowerCase() ?? '')) return next();
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') ctx.throw(421, `This app is at ${url.origin}`);
    // Concatenated, not resolved: a path may begin with two slashes.
    ctx.redirect(url.origin + ctx.path + ctx.search);
    return undefined;
  };
}
