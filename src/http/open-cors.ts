import type { Middleware } from 'koa';

/** Lets pages of every origin read a document that has no secrets. No cookie plays a part: there is no `Allow-Credentials`. */
export function openCors(): Middleware {
  return async (ctx, next) => {
    ctx.set('Access-Control-Allow-Origin', '*');
    if (ctx.method !== 'OPTIONS') return await next();
    ctx.set({ 'Access-Control-Allow-Methods': 'GET', 'Access-Control-Max-Age': '3600' });
    ctx.status = 204;
  };
}
