import type { BlockList } from 'node:net';
import { isIP, isIPv6 } from 'node:net';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import { refuse } from './refuse.ts';

/**
 * Where this server is: at its issuer, whatever `Host` or a forwarded header says. Every URL, cookie flag and redirect of koa and of the
 * engine derives from these few properties of the request.
 */
export function serveAsIssuer(app: Koa, issuer: string, trustedProxies: BlockList): void {
  const { protocol, host, hostname, origin } = new URL(issuer);
  const trustsAnyone = trustedProxies.rules.length > 0;
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
        const peer = this.socket.remoteAddress ?? '';
        return trustsAnyone ? clientAddress(peer, this.get('X-Forwarded-For'), trustedProxies) : peer;
      },
    },
  });
}

/**
 * The nearest address that no trusted proxy stands for: forwarded addresses count from the right, and only while the hop that
 * reported them is trusted.
 */
function clientAddress(peer: string, forwardedFor: string, trustedProxies: BlockList): string {
  let address = peer;
  const hops = forwardedFor.split(',').map((hop) => hop.trim());
  while (isTrusted(address, trustedProxies)) {
    const previous = hops.pop();
    if (previous === undefined || isIP(previous) === 0) return address;
    address = previous;
  }
  return address;
}

function isTrusted(address: string, trustedProxies: BlockList): boolean {
  return trustedProxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Requests for another host are misdirected (RFC 9110 §15.5.20); absolute request targets are nobody's business here. */
export function knownHost(issuer: string): Middleware {
  const { host } = new URL(issuer);
  return (ctx, next) => {
    if (ctx.req.headers.host?.toLowerCase() === host && ctx.req.url?.startsWith('/')) return next();
    refuse(ctx, 421, 'misdirected_request', `this server is ${issuer}`);
    return Promise.resolve();
  };
}
