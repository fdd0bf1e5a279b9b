import type { Middleware } from 'koa';

/** For preflight requests. `*` means all request headers except `Authorization` (Fetch, CORS protocol). */
const PREFLIGHT = {
  'Access-Control-Allow-Methods': 'GET',
  'Access-Control-Allow-Headers': '*, Authorization',
  'Access-Control-Max-Age': '3600',
};

/** Lets pages of every origin read a document that has no secrets. No cookie plays a part: there is no `Allow-Credentials`. */
export function openCors(): Middleware {
  return async (ctx, next) => {
    ctx.set('Access-Control-Allow-Origin', '*');
    if (ctx.method !== 'OPTIONS') return await next();
    ctx.set(PREFLIGHT);
    ctx.status = 204;
  };
}
