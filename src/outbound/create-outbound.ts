import type { Outbound } from './outbound.ts';
import type { OutboundParts } from './outbound-parts.ts';

export function createOutbound(parts: OutboundParts): Outbound {
  const load = async (): Promise<Outbound> => {
    const { createGuardedFetch } = await import('./guarded-fetch.ts');
    return createGuardedFetch(parts);
  };
  let loading: Promise<Outbound> | undefined;
  const loaded = (): Promise<Outbound> => (loading ??= load());
  return {
    get: async (url, options) => (await loaded()).get(url, options),
    post: async (url, options) => (await loaded()).post(url, options),
  };
}
