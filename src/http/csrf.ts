import type { Middleware } from 'koa';
import { sendProblem } from './problem.ts';

/**
 * Forms are posted from our own pages. A browser says where a request comes from (Fetch Metadata, RFC 6454); one that names another
 * site is refused before anything is read. Our pages send no referrer, so their own posts carry the origin `null`, which says
 * nothing: what decides then is `Sec-Fetch-Site`, and for browsers without it the token in the form. A link of ours may also be opened
 * anew (`none`).
 */
export function csrfGuard({ issuer }: { issuer: string }): Middleware {
  return async (ctx, next) => {
    const site = ctx.get('Sec-Fetch-Site');
    const origin = ctx.get('Origin');
    if (
      !(site === '' || site === 'same-origin' || (site === 'none' && ctx.method === 'GET')) ||
      (origin !== '' && origin !== 'null' && origin !== issuer)
    ) {
      sendProblem(ctx, 403, 'cross_site_request', 'the form was posted from another site');
      return;
    }
    await next();
  };
}
