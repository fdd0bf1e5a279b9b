import type { Context, Middleware } from 'koa';
import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { usedAuthMethod } from '../client-auth/claimed-client.ts';
import { isAllowedOrigin } from './page-origins.ts';
import { quoted } from './quoted.ts';

/**
 * Cross-origin requests of browser applications (CORS). The origins that may read a response are those of the client
 * (`clientBasedCORS`, `page-origins.ts`), so a response is readable only when the engine has identified the client. Cookies play no part:
 * where a page may send credentials, the request loses its cookies.
 */

const OPEN = 'Access-Control-Allow-Origin';

/** For preflight requests, which name no client: the request itself is checked. */
const PREFLIGHT = {
  [OPEN]: '*',
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  'Access-Control-Max-Age': '3600',
};

export interface CrossOriginOptions {
  /**
   * Pages of the client's origins may read the response to a request with credentials (Fetch, `credentials: 'include'`). Some libraries send
   * them without need; the request is handled as if it had no cookie.
   */
  credentials?: boolean | undefined;
  /** Every page may read an error from before the client is known: the request had no valid token, so the response has no secret. */
  openErrors?: boolean | undefined;
}

/** Around endpoints for clients: of the engine, and those with a bearer token. */
export function crossOrigin({
  credentials = false,
  openErrors = false,
}: CrossOriginOptions = {}): Middleware {
  return async (ctx, next) => {
    if (ctx.method === 'OPTIONS') {
      ctx.set(PREFLIGHT);
      ctx.status = 204;
      return;
    }
    const isFromPage = ctx.req.headers.origin !== undefined;
    if (isFromPage && credentials) delete ctx.req.headers.cookie;
    let isError = true;
    try {
      await next();
      isError = ctx.status >= 400;
    } finally {
      if (!isFromPage) ctx.remove(OPEN);
      else if (!isIdentified(ctx)) openOrClose(ctx, openErrors && isError);
      else if (credentials && ctx.res.hasHeader(OPEN)) ctx.set('Access-Control-Allow-Credentials', 'true');
      if (!ctx.res.hasHeader(OPEN)) ctx.remove('Access-Control-Expose-Headers');
    }
  };
}

function isIdentified(ctx: Context): boolean {
  const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
  return oidc?.client !== undefined || ctx.state.accessToken !== undefined;
}

function openOrClose(ctx: Context, isOpen: boolean): void {
  if (isOpen) ctx.set({ [OPEN]: '*', 'Access-Control-Expose-Headers': 'WWW-Authenticate' });
  else ctx.remove(OPEN);
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
 * @throws InvalidClientAuth, InvalidRequest
 */
export function checkOrigin(ctx: KoaContextWithOIDC, origin: string, client: Client): boolean {
  if (isAllowedOrigin(client, origin)) return true;
  ctx.remove(OPEN);
  const { route } = ctx.oidc;
  const isPublic = client.clientAuthMethod === 'none';
  const authenticates = !isPublic || usedAuthMethod(ctx) !== 'none';
  const detail = isPublic ? foreignPage(origin) : pageOfConfidentialClient(origin);
  // The access token has identified the client; introspection is for clients with credentials.
  if (route !== 'userinfo' && (authenticates || route === 'introspection'))
    throw new errors.InvalidClientAuth(detail);
  const error = new errors.InvalidRequest('origin of the page is not one of this client');
  throw Object.assign(error, { error_detail: detail });
}

function foreignPage(origin: string): string {
  return `the request is from a page of ${quoted(origin)}; the client's pages are those of its redirect_uris and its allowed_origins (signet client add --allowed-origin)`;
}

function pageOfConfidentialClient(origin: string): string {
  return `the request is from a page of ${quoted(origin)}, and a page cannot keep a secret; for a page, register a public client: token_endpoint_auth_method none (signet client add --public)`;
}

/** Whether a request comes from a page that may not read responses to the client it names, or to any client. */
export function isForeignPage({ oidc: { client }, headers: { origin } }: KoaContextWithOIDC): boolean {
  return origin !== undefined && (client === undefined || !isAllowedOrigin(client, origin));
}
