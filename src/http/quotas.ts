import type { Context, Middleware } from 'koa';
import type { Config } from '../config/config.ts';
import { networkOf } from '../limits/network.ts';
import { Quota } from '../limits/quota.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Store } from '../store/store.ts';
import { at, type Concerns } from './by-path.ts';
import { isFramed } from './navigation-guard.ts';
import { sendProblem } from './problem.ts';

/** How many requests one network may send to what anybody can use and what costs: a record in the store, or a password's hash. */

export const signInForms: Concerns = (path) => path.startsWith('/interaction/') && path.endsWith('/login');

interface Limited {
  name: string;
  most: 'authorizationRequests' | 'pushedRequests' | 'signInForms';
  concerns: Concerns;
  /** Which of the requests are counted; all where this is absent. */
  only?: (ctx: Context) => boolean;
}

const LIMITED: readonly Limited[] = [
  {
    name: 'authorization_requests',
    most: 'authorizationRequests',
    concerns: at('/authorize'),
    only: (ctx) => !isFramed(ctx),
  },
  // Apart: a page of another site can have a browser send these, and must not use up what people sign in with.
  { name: 'framed_requests', most: 'authorizationRequests', concerns: at('/authorize'), only: isFramed },
  { name: 'pushed_requests', most: 'pushedRequests', concerns: at('/par') },
  { name: 'sign_in_forms', most: 'signInForms', concerns: signInForms },
];

/**
 * Steps for the list of middleware; none where limits are off.
 * @param options.clock epoch milliseconds
 */
export function requestQuotas(options: {
  limits: Config['limits'];
  counts: Store['quotas'];
  metrics: Pick<Metrics, 'limited'>;
  clock: () => number;
}): readonly (readonly [Concerns, Middleware])[] {
  const { limits, counts, metrics, clock } = options;
  if (!limits.enabled) return [];
  return LIMITED.map(({ name, most, concerns, only }) => {
    const quota = new Quota({ name, limit: limits[most], counts, clock });
    return [concerns, limit(quota, metrics, only)] as const;
  });
}

function limit(
  quota: Quota,
  metrics: Pick<Metrics, 'limited'>,
  only: (ctx: Context) => boolean = () => true,
): Middleware {
  return async (ctx, next) => {
    const seconds = only(ctx) ? await quota.spend(networkOf(ctx.ip)) : undefined;
    if (seconds === undefined) {
      await next();
      return;
    }
    metrics.limited(quota.name);
    ctx.state.route = quota.name;
    sendProblem(ctx, 429, 'temporarily_unavailable', 'too many requests from this network', seconds);
  };
}
