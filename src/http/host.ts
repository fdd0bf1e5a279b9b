import type Koa from 'koa';
import type { Middleware } from 'koa';
import { issuerPath } from '../config/issuer.ts';
import type { ClientAddress } from './client-address.ts';
import { type CookieNames, cookieNames } from './cookie-names.ts';
import { Problem } from './problem.ts';

declare module 'koa' {
  interface BaseContext {
    /** The path of the issuer: `/auth`, or empty. `ctx.path` is the rest of the path; `publicPath` (`paths.ts`) is the whole. */
    readonly mountPath: string;
    readonly cookieNames: CookieNames;
  }
}

/**
 * Pins the origin of every request to the issuer, independent of `Host` and forwarded headers. All URLs, cookie flags and redirects of koa
 * and of the engine derive from these properties of the request; the engine puts `mountPath` in front of the paths in its URLs.
 */
export function pinOrigin(app: Koa, issuer: string, clientAddress: ClientAddress): void {
  const { protocol, host, hostname, origin } = new URL(issuer);
  const constant = (value: unknown): PropertyDescriptor => ({ get: () => value, configurable: true });
  Object.defineProperties(app.context, {
    mountPath: constant(issuerPath(issuer)),
    cookieNames: constant(cookieNames(issuer)),
  });
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
 * Rejects requests for another host (RFC 9110 §15.5.20). The host may name the default port (RFC 9110 §4.2.3), and the request target may be
 * an absolute URL (RFC 9112 §3.2.2), which is cut to its path. A host with a trailing dot is another origin for browsers.
 */
export function requireIssuerHost(issuer: string): Middleware {
  const { host, port, protocol } = new URL(issuer);
  const hosts = new Set(port === '' ? [host, `${host}:${protocol === 'https:' ? 443 : 80}`] : [host]);
  const isIssuerHost = (authority = ''): boolean => hosts.has(authority.toLowerCase());
  return (ctx, next) => {
    const { url = '' } = ctx.req;
    if (isIssuerHost(ctx.req.headers.host)) {
      if (url.startsWith('/')) return next();
      const [, scheme = '', authority, rest = ''] = /^([a-z]+:)\/\/([^/?]*)(.*)$/i.exec(url) ?? [];
      if (scheme.toLowerCase() === protocol && isIssuerHost(authority)) {
        ctx.req.url = rest.startsWith('/') ? rest : `/${rest}`;
        ctx.originalUrl = ctx.request.originalUrl = ctx.req.url;
        return next();
      }
    }
    throw new Problem(421, 'misdirected_request', `this server is ${issuer}`, { address: issuer });
  };
}
