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
 * `X-Forwarded-Prefix`, which like all forwarded headers counts from trusted proxies only. Another value there is no address of this
 * issuer: some proxies append to the header that a client has sent.
 *
 * @param isTrustedProxy whether an address is that of a trusted proxy
 * @returns nothing for an issuer without a path
 */
export function mount(issuer: string, isTrustedProxy: (address: string) => boolean): readonly Middleware[] {
  const prefix = issuerPath(issuer);
  if (prefix === '') return [];
  const documents = new Map(DISCOVERY_PATHS.map((path) => [path + prefix, path]));
  const strippedBy = ({ headers, socket }: IncomingMessage): string => {
    const header = headers['x-forwarded-prefix'];
    return header !== undefined && isTrustedProxy(socket.remoteAddress ?? '') ? prefixOf(header) : '';
  };
  const relocate: Middleware = (ctx, next) => {
    const { path } = ctx;
    const document = documents.get(path);
    const stripped = strippedBy(ctx.req);
    if (document !== undefined) ctx.url = document + ctx.search;
    else if (stripped === prefix) ctx.originalUrl = ctx.request.originalUrl = prefix + ctx.url;
    else if (stripped !== '')
      throw notFound(issuer, `X-Forwarded-Prefix has another value than the path of the issuer, ${prefix}`);
    else if (path === prefix) ctx.url = `/${ctx.search}`;
    else if (path.startsWith(`${prefix}/`)) ctx.url = ctx.url.slice(prefix.length);
    else throw notFound(issuer, `outside of ${prefix}; ${reasonOf(ctx, prefix)}`);
    return next();
  };
  return [relocate];
}

/** Several proxies, each of which strips a part, add to the header in order. */
function prefixOf(header: string | string[]): string {
  return [header]
    .flat()
    .flatMap((value) => value.split(','))
    .map((part) => part.trim().replace(/\/$/, ''))
    .join('');
}

function reasonOf({ req: { headers } }: Context, prefix: string): string {
  return headers['x-forwarded-prefix'] === undefined
    ? `a proxy that strips it has to send X-Forwarded-Prefix: ${prefix}`
    : 'X-Forwarded-Prefix is empty, or not from one of trustedProxies';
}

function notFound(issuer: string, detail: string): Problem {
  return new Problem(404, 'not_found', 'nothing is at this address', { detail, address: issuer });
}
