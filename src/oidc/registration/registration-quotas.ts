import type { Context, Middleware } from 'koa';
import { Problem } from '../../http/problem.ts';
import { networkOf } from '../../limits/network.ts';
import { Quota } from '../../limits/quota.ts';
import type { RouteContext } from '../feature.ts';

/** Limits of registration by the hour: every request of a network, and every client that registers without a token. */
export interface RegistrationQuotas {
  readonly perNetwork: Middleware;
  /** @throws Problem 429 */
  readonly overall: (ctx: Context) => Promise<void>;
}

/** Seconds. */
const HOUR = 3600;

export function registrationQuotas({
  config,
  store,
  clock,
  metrics,
}: Pick<RouteContext, 'config' | 'store' | 'clock' | 'metrics'>): RegistrationQuotas {
  const { limits, registration, profile } = config;
  // The suite registers hundreds of clients from one address.
  if (!limits.enabled || profile === 'conformance') {
    return { perNetwork: (_ctx, next) => next(), overall: () => Promise.resolve() };
  }
  const shared = { counts: store.quotas, clock, window: HOUR };
  const network = new Quota({ name: 'registration_requests', limit: registration.perNetwork, ...shared });
  const overall = new Quota({ name: 'registrations', limit: registration.overall, ...shared });
  const spend = async (ctx: Context, quota: Quota, key: string): Promise<void> => {
    const retryAfter = await quota.spend(key);
    if (retryAfter === undefined) return;
    metrics.limited(quota.name);
    ctx.state.route = quota.name;
    const description = 'too many registrations';
    throw new Problem(429, 'temporarily_unavailable', description, { retryAfter, format: 'json' });
  };
  return {
    perNetwork: async (ctx, next) => {
      await spend(ctx, network, networkOf(ctx.ip));
      await next();
    },
    overall: (ctx) => spend(ctx, overall, 'all'),
  };
}
