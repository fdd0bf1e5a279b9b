import type { Middleware } from 'koa';
import { JWKS_MAX_AGE } from '../signing/key-state.ts';
import type { PublishedKeys } from '../signing/ring.ts';
import { PATHS } from './paths.ts';
import type { Route } from './route.ts';

/** Called for each read of the keys. */
export type OnKeysRead = (reader: { ip: string; userAgent: string }, keys: PublishedKeys) => void;

/** The JWKS (RFC 7517 §5), serialized once per key ring. */
export function jwksRoute(published: PublishedKeys, onRead: OnKeysRead): Route {
  return { kind: 'json', path: PATHS.jwks, name: 'jwks', answer: jwks(published, onRead) };
}

/** `Cache-Control` matches the schedule of the ring: no key signs before every cached copy has it. */
function jwks(published: PublishedKeys, onRead: OnKeysRead): Middleware {
  return (ctx) => {
    onRead({ ip: ctx.ip, userAgent: ctx.get('User-Agent') }, published);
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
