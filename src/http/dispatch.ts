import type { Middleware } from 'koa';
import { Problem } from './problem.ts';
import { createMatcher, type Endpoint } from './route.ts';

/**
 * Runs the chain of the route that a request is for. A path has one spelling: 404 for every other, also those that the engine's router would
 * accept (`/TOKEN`, `/token/`), and 405 with `Allow` for other methods (RFC 9110 §15.5.6).
 */
export function dispatch(endpoints: readonly Endpoint[]): Middleware {
  const match = createMatcher(endpoints);
  return async (ctx, next) => {
    const endpoint = match(ctx);
    if (endpoint === undefined) throw notFound();
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

function notFound(): Problem {
  return new Problem(404, 'not_found', 'nothing is at this address');
}
