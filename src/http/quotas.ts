import type { Context, Middleware } from 'koa';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { networkOf } from '../limits/network.ts';
import { Quota } from '../limits/quota.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Store } from '../store/store.ts';
import { isFramed } from './navigation-guard.ts';
import { Problem } from './problem.ts';

/** Limits the requests of one network to endpoints that need no credentials and are expensive: a record in the store, or a password hash. */

/** What a route is counted as; the names of the settings in `limits`. */
export type QuotaName = 'authorizationRequests' | 'pushedRequests' | 'signInForms';

interface Counter {
  /** In the store, in metrics and as the route of a rejected request. */
  name: string;
  /** Which of the requests are counted; all where this is absent. */
  only?: (ctx: Context) => boolean;
}

const COUNTERS: Readonly<Record<QuotaName, readonly Counter[]>> = {
  authorizationRequests: [
    { name: 'authorization_requests', only: (ctx) => !isFramed(ctx) },
    // Counted separately: a page of another site can make a browser send these, and must not use up the quota for sign-ins.
    { name: 'framed_requests', only: isFramed },
  ],
  pushedRequests: [{ name: 'pushed_requests' }],
  // Opening the address of the form only redirects, and another site can make a browser do it.
  signInForms: [{ name: 'sign_in_forms', only: ({ method }) => method === 'POST' }],
};

/** The steps that enforce a quota; none where limits are off. */
export type Quotas = (name: QuotaName) => readonly Middleware[];

export function createQuotas(options: {
  limits: Config['limits'];
  counts: Store['quotas'];
  metrics: Pick<Metrics, 'limited'>;
  clock: Clock;
}): Quotas {
  const { limits, counts, metrics, clock } = options;
  const quotas = new Map<string, Quota>();
  return (setting) => {
    if (!limits.enabled) return [];
    return COUNTERS[setting].map(({ name, only }) => {
      const quota = quotas.get(name) ?? new Quota({ name, limit: limits[setting], counts, clock });
      quotas.set(name, quota);
      return enforce(quota, metrics, only);
    });
  };
}

function enforce(
  quota: Quota,
  metrics: Pick<Metrics, 'limited'>,
  only: (ctx: Context) => boolean = () => true,
): Middleware {
  return async (ctx, next) => {
    const retryAfter = only(ctx) ? await quota.spend(networkOf(ctx.ip)) : undefined;
    if (retryAfter === undefined) return await next();
    metrics.limited(quota.name);
    ctx.state.route = quota.name;
    throw new Problem(429, 'temporarily_unavailable', 'too many requests from this network', { retryAfter });
  };
}
