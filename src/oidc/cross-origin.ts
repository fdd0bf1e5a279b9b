import type { Middleware } from 'koa';
import type { Client, KoaContextWithOIDC } from 'oidc-provider';

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

/** Public clients are called from pages on the origins that they are sent back to. */
export function mayRead({ clientAuthMethod, redirectUris = [] }: Client, origin: string): boolean {
  // Sandboxed frames and private-use schemes have the origin `null`, all of them.
  if (clientAuthMethod !== 'none' || !/^https?:/.test(origin)) return false;
  return redirectUris.some((uri) => URL.parse(uri)?.origin === origin);
}
