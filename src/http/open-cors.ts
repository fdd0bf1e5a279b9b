import type { Middleware } from 'koa';

/**
 * Lets pages of every origin send a request and read its response. No cookie plays a part: there is no `Allow-Credentials`.
 * @param methods beside HEAD and OPTIONS
 */
export function openCors(methods: readonly string[] = ['GET']): Middleware {
  /** For preflight requests. `*` means all request headers except `Authorization` (Fetch, CORS protocol). */
  const preflight = {
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': '*, Authorization',
    'Access-Control-Max-Age': '3600',
  };
  return async (ctx, next) => {
    ctx.set('Access-Control-Allow-Origin', '*');
    if (ctx.method !== 'OPTIONS') return await next();
    ctx.set(preflight);
    ctx.status = 204;
  };
}
