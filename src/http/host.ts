import type Koa from 'koa';
import type { Middleware } from 'koa';
import type { ClientAddress } from './client-address.ts';
import { Problem } from './problem.ts';

/**
 * Where this server is: at its issuer, whatever `Host` or a forwarded header says. Every URL, cookie flag and redirect of koa and of the
 * engine derives from these few properties of the request.
 */
export function pinOrigin(app: Koa, issuer: string, clientAddress: ClientAddress): void {
  const { protocol, host, hostname, origin } = new URL(issuer);
  const constant = (value: unknown): PropertyDescriptor => ({ get: () => value, configurable: true });
  Object.defineProperties(app.request, {
    protocol: constant(protocol.slice(0, -1)),
    secure: constant(protocol === 'https:'),
    host: constant(host),
    hostname: constant(hostname),
    origin: constant(origin),
    href: {
      configurable: true,
      get(this: Koa.Request) {
        return origin + this.originalUrl;
      },
    },
    ip: {
      configurable: true,
      get(this: Koa.Request) {
        return clientAddress(this.req);
      },
    },
  });
}

/**
 * Requests for another host are misdirected (RFC 9110 §15.5.20). The issuer's default port may be written out (RFC 9110 §4.2.3), and the
 * target may be the whole URL (RFC 9112 §3.2.2), which is cut to its path. A dot after the host would be another origin for a browser.
 */
export function requireIssuerHost(issuer: string): Middleware {
  const { host, port, protocol } = new URL(issuer);
  const hosts = new Set(port === '' ? [host, `${host}:${protocol === 'https:' ? 443 : 80}`] : [host]);
  const isOurs = (authority = ''): boolean => hosts.has(authority.toLowerCase());
  return (ctx, next) => {
    const { url = '' } = ctx.req;
    if (isOurs(ctx.req.headers.host)) {
      if (url.startsWith('/')) return next();
      const [, scheme = '', authority, rest = ''] = /^([a-z]+:)\/\/([^/?]*)(.*)$/i.exec(url) ?? [];
      if (scheme.toLowerCase() === protocol && isOurs(authority)) {
        ctx.req.url = rest.startsWith('/') ? rest : `/${rest}`;
        ctx.originalUrl = ctx.request.originalUrl = ctx.req.url;
        return next();
      }
    }
    throw new Problem(421, 'misdirected_request', `this server is ${issuer}`);
  };
}
