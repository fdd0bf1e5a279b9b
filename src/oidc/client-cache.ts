import type { Client, Provider } from 'oidc-provider';

/**
 * Clients are read for every request and change rarely. Each is kept for a second, so that a busy client costs one look-up a second and a
 * change on the command line still counts within one. That there is none of an id is kept as well, so that the time of an answer does not
 * tell; apart, so that made-up ids do not push out clients.
 */

/** Milliseconds. */
const LIFETIME = 1000;
const CAPACITY = 10_000;

/** @param clock epoch milliseconds */
export function cacheClients(provider: Provider, clock: () => number): void {
  const known = new Map<string, Kept>();
  const unknown = new Map<string, Kept>();
  const find = provider.Client.find.bind(provider.Client);
  provider.Client.find = async (id) => {
    const now = clock();
    const kept = known.get(id) ?? unknown.get(id);
    if (kept !== undefined && kept.until > now) return kept.client;
    const client = await find(id);
    known.delete(id);
    unknown.delete(id);
    const cache = client === undefined ? unknown : known;
    if (cache.size >= CAPACITY) cache.delete(cache.keys().next().value as string);
    cache.set(id, { client, until: now + LIFETIME });
    return client;
  };
}

interface Kept {
  client: Client | undefined;
  until: number;
}
