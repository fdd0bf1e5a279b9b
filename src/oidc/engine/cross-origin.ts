import type { Context, Middleware } from 'koa';
import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { usedAuthMethod } from '../client-auth/claimed-client.ts';
import { quoted } from './quoted.ts';

/**
 * Cross-origin requests of browser applications (CORS). The origins that may read a response are those of the client
 * (`clientBasedCORS`), so a response is readable only when the engine has identified the client. Cookies play no part: no response has
 * `Access-Control-Allow-Credentials`.
 */

const OPEN = 'Access-Control-Allow-Origin';

/** For preflight requests, which name no client: the request itself is checked. */
const PREFLIGHT = {
  [OPEN]: '*',
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  'Access-Control-Max-Age': '3600',
};

/** Around endpoints for clients: of the engine, and those with a bearer token. */
export function crossOrigin(): Middleware {
  return async (ctx, next) => {
    if (ctx.method === 'OPTIONS') {
      ctx.set(PREFLIGHT);
      ctx.status = 204;
      return;
    }
    await next();
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
    const isIdentified = oidc?.client !== undefined || ctx.state.accessToken !== undefined;
    if (ctx.req.headers.origin === undefined || !isIdentified) ctx.remove(OPEN);
    if (!ctx.res.hasHeader(OPEN)) ctx.remove('Access-Control-Expose-Headers');
  };
}

/** Lets the pages of a client read the response to a request with its access token. */
export function allowOrigin(ctx: Context, client: Client | undefined): void {
  const { origin } = ctx.req.headers;
  ctx.vary('Origin');
  if (client !== undefined && origin !== undefined && isAllowedOrigin(client, origin)) ctx.set(OPEN, origin);
}

/**
 * Whether a page of an origin may call as a client, asked before the client authenticates. A registered client is rejected like an unknown
 * one. A public client without credentials has nothing to hide, and gets an error that says what is wrong.
 * @throws InvalidClientAuth
 */
export function checkOrigin(ctx: KoaContextWithOIDC, origin: string, client: Client): boolean {
  if (isAllowedOrigin(client, origin)) return true;
  const { route } = ctx.oidc;
  const authenticates = client.clientAuthMethod !== 'none' || usedAuthMethod(ctx) !== 'none';
  // The access token has identified the client; introspection is for clients with credentials.
  if (route === 'userinfo' || (!authenticates && route !== 'introspection')) return false;
  ctx.remove(OPEN);
  throw new errors.InvalidClientAuth(`the client is not called from pages of ${quoted(origin)}`);
}

/** Whether a request comes from a page that may not read responses to the client it names, or to any client. */
export function isForeignPage({ oidc: { client }, headers: { origin } }: KoaContextWithOIDC): boolean {
  return origin !== undefined && (client === undefined || !isAllowedOrigin(client, origin));
}

/** Public clients run in pages on the origins of their redirect URIs. */
function isAllowedOrigin({ clientAuthMethod, redirectUris = [] }: Client, origin: string): boolean {
  // All sandboxed frames and private-use schemes have the origin `null`.
  if (clientAuthMethod !== 'none' || !/^https?:/.test(origin)) return false;
  return redirectUris.some((uri) => URL.parse(uri)?.origin === origin);
}
