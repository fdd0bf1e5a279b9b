import { hash } from 'node:crypto';
import type { Client, Provider } from 'oidc-provider';

/**
 * Clients are read for every request and change rarely. Each is kept for a second, so that a busy client costs one look-up a second and a
 * change on the command line still counts within one. That there is none of an id is kept as well, so that the time of an answer does not
 * tell; apart, so that made-up ids do not push out clients, and by their digests: an id is as long as its sender likes, and a part of the
 * request that it came in, which would stay in memory with it.
 */

/** Milliseconds. */
const LIFETIME = 1000;
const CAPACITY = 10_000;

/** @param clock epoch milliseconds */
export function cacheClients(provider: Provider, clock: () => number): void {
  const known = new Map<string, { client: Client; until: number }>();
  const unknown = new Map<string, number>();
  const find = provider.Client.find.bind(provider.Client);
  provider.Client.find = async (id: unknown) => {
    // Of what a stranger sends, the engine passes on whatever it is (`aud` of an `id_token_hint`).
    if (typeof id !== 'string') return undefined;
    const now = clock();
    const kept = known.get(id);
    if (kept !== undefined && kept.until > now) return kept.client;
    const digest = hash('sha256', id);
    if ((unknown.get(digest) ?? 0) > now) return undefined;
    const client = await find(id);
    known.delete(id);
    unknown.delete(digest);
    if (client === undefined) keep(unknown, digest, now + LIFETIME);
    else keep(known, client.clientId, { client, until: now + LIFETIME });
    return client;
  };
}

/** The oldest makes room. */
function keep<Value>(cache: Map<string, Value>, key: string, value: Value): void {
  if (cache.size >= CAPACITY) cache.delete(cache.keys().next().value as string);
  cache.set(key, value);
}
