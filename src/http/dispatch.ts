import type { Context, Middleware } from 'koa';
import { publicPath } from './paths.ts';
import { Problem } from './problem.ts';
import { createMatcher, type Endpoint, type Matcher } from './route.ts';

/**
 * Runs the chain of the route that a request is for. A path has one spelling: 404 for every other, also those that the engine's router would
 * accept (`/TOKEN`, `/token/`), and 405 with `Allow` for other methods (RFC 9110 §15.5.6). People type the address of a page with a slash at
 * its end, too: it leads to the page.
 */
export function dispatch(endpoints: readonly Endpoint[]): Middleware {
  const match = createMatcher(endpoints);
  return async (ctx, next) => {
    const endpoint = match(ctx);
    if (endpoint === undefined) {
      if (leadToPage(ctx, match)) return;
      throw notFound();
    }
    const { route, methods, chain } = endpoint;
    if (!(methods as readonly string[]).includes(ctx.method)) {
      throw new Problem(405, 'method_not_allowed', `use ${methods.join(' or ')}`, {
        headers: { Allow: methods.join(', ') },
      });
    }
    ctx.state.route = route.name;
    await chain(ctx, next);
    if (ctx.status === 404 && ctx.body === undefined) throw notFound();
  };
}

/**
 * Redirects from `/account/` to `/account`, permanently. No engine's page: an application must have the address of an endpoint as it is.
 * @returns whether there is such a page
 */
function leadToPage(ctx: Context, match: Matcher): boolean {
  const isRead = ctx.method === 'GET' || ctx.method === 'HEAD';
  const path = ctx.path.slice(0, -1);
  if (!isRead || !ctx.path.endsWith('/') || path === '') return false;
  const route = match(ctx, path)?.route;
  if (route?.kind !== 'page' || route.show === undefined) return false;
  ctx.state.route = route.name;
  ctx.status = 308;
  ctx.set('Cache-Control', 'no-store');
  ctx.redirect(publicPath(ctx, path) + ctx.search);
  return true;
}

function notFound(): Problem {
  return new Problem(404, 'not_found', 'nothing is at this address');
}
