import type { Middleware } from 'koa';
import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { usedAuthMethod } from '../client-auth/claimed-client.ts';
import { quoted } from './quoted.ts';

/**
 * Cross-origin requests of browser applications (CORS). Which origins may read an answer is the client's affair
 * (`clientBasedCORS`), so an answer is readable only when the engine came to know the client. Cookies play no part anywhere:
 * no answer has `Access-Control-Allow-Credentials`.
 */

const OPEN = 'Access-Control-Allow-Origin';

/** Of a preflight request, which names no client: what may be sent is decided when it comes. */
const PREFLIGHT = {
  [OPEN]: '*',
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  'Access-Control-Max-Age': '3600',
};

/** Around the engine's endpoints for clients. */
export function crossOrigin(): Middleware {
  return async (ctx, next) => {
    if (ctx.method === 'OPTIONS') {
      ctx.set(PREFLIGHT);
      ctx.status = 204;
      return;
    }
    await next();
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
    if (ctx.req.headers.origin === undefined || oidc?.client === undefined) ctx.remove(OPEN);
    if (!ctx.res.hasHeader(OPEN)) ctx.remove('Access-Control-Expose-Headers');
  };
}

/**
 * The engine's question about a client that a page of some origin has named, before it authenticates. A client that is there is refused
 * like one that is not; a public one that shows no credentials has nothing to hide, and is told what is wrong.
 * @throws InvalidClientAuth
 */
export function checkOrigin(ctx: KoaContextWithOIDC, origin: string, client: Client): boolean {
  if (isAllowedOrigin(client, origin)) return true;
  const { route } = ctx.oidc;
  const authenticates = client.clientAuthMethod !== 'none' || usedAuthMethod(ctx) !== 'none';
  // With its access token the client was made known; introspection is for clients with credentials.
  if (route === 'userinfo' || (!authenticates && route !== 'introspection')) return false;
  ctx.remove(OPEN);
  throw new errors.InvalidClientAuth(`the client is not called from pages of ${quoted(origin)}`);
}

/** Whether a request comes from a page that may not read answers to the client it names, or to any. */
export function isForeignPage({ oidc: { client }, headers: { origin } }: KoaContextWithOIDC): boolean {
  return origin !== undefined && (client === undefined || !isAllowedOrigin(client, origin));
}

/** Public clients are called from pages on the origins that they are sent back to. */
function isAllowedOrigin({ clientAuthMethod, redirectUris = [] }: Client, origin: string): boolean {
  // Sandboxed frames and private-use schemes have the origin `null`, all of them.
  if (clientAuthMethod !== 'none' || !/^https?:/.test(origin)) return false;
  return redirectUris.some((uri) => URL.parse(uri)?.origin === origin);
}
