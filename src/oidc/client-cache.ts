import type { Client, Provider } from 'oidc-provider';

/**
 * Clients are read for every request and change rarely. Each is kept for a second, so that a busy client costs one look-up a second and a
 * change on the command line still counts within one.
 */

/** Milliseconds. */
const LIFETIME = 1000;
const CAPACITY = 10_000;

/** @param clock epoch milliseconds */
export function cacheClients(provider: Provider, clock: () => number): void {
  const cache = new Map<string, { client: Client; until: number }>();
  const find = provider.Client.find.bind(provider.Client);
  provider.Client.find = async (id) => {
    const now = clock();
    const kept = cache.get(id);
    if (kept !== undefined && kept.until > now) return kept.client;
    const client = await find(id);
    cache.delete(id);
    if (client === undefined) return undefined;
    if (cache.size >= CAPACITY) cache.delete(cache.keys().next().value as string);
    cache.set(id, { client, until: now + LIFETIME });
    return client;
  };
}
