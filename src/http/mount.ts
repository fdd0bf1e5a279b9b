import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { issuerPath } from '../config/issuer.ts';
import { DISCOVERY_PATHS } from './paths.ts';
import { Problem } from './problem.ts';

/**
 * Removes the path of the issuer from requests, so that the route table and the engine have paths below the issuer only. Every path has one
 * spelling, with the path of the issuer; the home page alone has two, `/auth` and `/auth/`.
 *
 * Outside of that path are the metadata documents, whose well-known path is inserted between host and path (RFC 8414 §3.1).
 *
 * A reverse proxy may strip the path. The path alone cannot tell that: if both spellings were accepted, each endpoint would also have a
 * second address at the proxy, such as `/auth/auth/token`, which the rules of the proxy for `/auth/token` miss. So the proxy says it with
 * `X-Forwarded-Prefix`, which like all forwarded headers counts from trusted proxies only.
 *
 * @param isTrustedProxy whether an address is that of a trusted proxy
 * @returns nothing for an issuer without a path
 */
export function mount(issuer: string, isTrustedProxy: (address: string) => boolean): readonly Middleware[] {
  const prefix = issuerPath(issuer);
  if (prefix === '') return [];
  const documents = new Map(DISCOVERY_PATHS.map((path) => [path + prefix, path]));
  const isStripped = ({ headers, socket }: IncomingMessage): boolean =>
    prefixOf(headers['x-forwarded-prefix']) === prefix && isTrustedProxy(socket.remoteAddress ?? '');
  const relocate: Middleware = (ctx, next) => {
    const { path } = ctx;
    const document = documents.get(path);
    if (document !== undefined) ctx.url = document + ctx.search;
    else if (isStripped(ctx.req)) ctx.originalUrl = ctx.request.originalUrl = prefix + ctx.url;
    else if (path === prefix) ctx.url = `/${ctx.search}`;
    else if (path.startsWith(`${prefix}/`)) ctx.url = ctx.url.slice(prefix.length);
    else throw outside(ctx, prefix, issuer);
    return next();
  };
  return [relocate];
}

/** Several proxies, each of which strips a part, add to the header in order. */
function prefixOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  return [header]
    .flat()
    .flatMap((value) => value.split(','))
    .map((part) => part.trim().replace(/\/$/, ''))
    .join('');
}

function outside({ req: { headers } }: Context, prefix: string, issuer: string): Problem {
  const detail =
    headers['x-forwarded-prefix'] === undefined
      ? `outside of ${prefix}; a proxy that strips it has to send X-Forwarded-Prefix: ${prefix}`
      : `outside of ${prefix}; X-Forwarded-Prefix has another value, or is not from one of trustedProxies`;
  return new Problem(404, 'not_found', 'nothing is at this address', { detail, address: issuer });
}
