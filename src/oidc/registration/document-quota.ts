import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { networkOf } from '../../limits/network.ts';
import { Quota } from '../../limits/quota.ts';
import type { FeatureContext, RouteContext } from '../feature.ts';

/** Limits how many metadata documents a network names in an hour: each is a request to an address of its choice. */

/** Seconds. */
const HOUR = 3600;

type QuotaContext = Pick<FeatureContext, 'config' | 'store' | 'clock'> & Pick<RouteContext, 'metrics'>;

/**
 * @returns what counts a document that this process does not know for the request that is under way
 * @throws TooManyDocumentsError
 */
export function documentQuota({ config, store, clock, metrics }: QuotaContext): () => Promise<void> {
  const { limits, registration } = config;
  if (!limits.enabled) return () => Promise.resolve();
  const quota = new Quota({
    name: 'metadata_documents',
    limit: registration.perNetwork,
    counts: store.quotas,
    clock,
    window: HOUR,
  });
  return async () => {
    const { ctx } = Provider;
    if (ctx === undefined || namesOwnClient(ctx)) return;
    const seconds = await quota.spend(networkOf(ctx.ip));
    if (seconds === undefined) return;
    metrics.limited(quota.name);
    ctx.set('Retry-After', String(seconds));
    throw new TooManyDocumentsError(seconds);
  };
}

/**
 * The id comes from this server: a token, or an interaction, has it. An API whose requests are introspected would otherwise use up the quota
 * of its network for the clients of all people.
 */
function namesOwnClient({ oidc: { entities } }: KoaContextWithOIDC): boolean {
  return (entities.Client ?? entities.AccessToken ?? entities.Interaction) !== undefined;
}

/** The engine answers with it, like with its own errors. */
export class TooManyDocumentsError extends errors.OIDCProviderError {
  override readonly error_description = 'too many clients from this network';
  /** Seconds. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super(429, 'temporarily_unavailable');
    this.retryAfter = retryAfter;
  }
}
