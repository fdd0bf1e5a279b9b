import type { Middleware } from 'koa';
import { JWKS_MAX_AGE, type PublishedKeys } from '../signing/ring.ts';

/**
 * The JWKS, made once per key ring. `Cache-Control` matches the ring's schedule: no key signs before every cached copy has it.
 */
export type OnKeysRead = (reader: { ip: string; userAgent: string }, keys: PublishedKeys) => void;

export function jwks(published: PublishedKeys, onRead: OnKeysRead): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== '/jwks' || ctx.method === 'OPTIONS') {
      await next();
      return;
    }
    ctx.state.route = 'jwks';
    onRead({ ip: ctx.ip, userAgent: ctx.get('User-Agent') }, published);
    ctx.set('Access-Control-Allow-Origin', '*');
    ctx.set('Cache-Control', `public, max-age=${JWKS_MAX_AGE}`);
    ctx.set('ETag', published.etag);
    ctx.status = 200;
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    ctx.type = 'application/jwk-set+json';
    ctx.body = published.body;
  };
}
