import { hash } from 'node:crypto';
import type { Client, Provider } from 'oidc-provider';
import type { Clock } from '../../clock.ts';
import { override } from '../overrides.ts';

/**
 * Clients are read for every request and change rarely. Each is cached for a second: a busy client costs one lookup a second, and a
 * change by command takes effect within a second. Unknown ids are cached too, so that response times do not tell them apart; in a map of their
 * own, so that made-up ids evict no client; and as digests, because an id may be long, and a substring keeps its whole request in memory.
 */

/** Milliseconds. */
const LIFETIME = 1000;
const CAPACITY = 10_000;

/** What forgets a client, by engine. */
const forgetters = new WeakMap<Provider, (id: string) => void>();

/** A change of a client by this process takes effect in it at once; in others within a second. */
export function forgetClient(provider: Provider, id: string): void {
  forgetters.get(provider)?.(id);
}

/** @param prepare called with each client that is loaded, also with one that the engine has kept */
export function cacheClients(
  provider: Provider,
  clock: Clock,
  prepare: (client: Client) => void = () => {},
): void {
  const known = new Map<string, { client: Client; until: number }>();
  const unknown = new Map<string, number>();
  /** Number of the last change: a client that was read before it is not kept. */
  let changes = 0;
  forgetters.set(provider, (id) => {
    changes += 1;
    known.delete(id);
  });
  override<FindClient>(provider, 'Client.find', (find) => async (id) => {
    // The engine passes on values of any type from requests, for instance the `aud` of an `id_token_hint`.
    if (typeof id !== 'string') return undefined;
    const now = clock();
    const entry = known.get(id);
    if (entry !== undefined && entry.until > now) return entry.client;
    const digest = hash('sha256', id);
    if ((unknown.get(digest) ?? 0) > now) return undefined;
    const before = changes;
    const client = await find.call(provider.Client, id);
    if (client !== undefined) prepare(client);
    if (changes !== before) return client;
    known.delete(id);
    unknown.delete(digest);
    if (client === undefined) addEntry(unknown, digest, now + LIFETIME);
    else addEntry(known, client.clientId, { client, until: now + LIFETIME });
    return client;
  });
}

type FindClient = (this: unknown, id: unknown) => Promise<Client | undefined>;

/** Evicts the oldest entry of a full cache. */
function addEntry<Value>(cache: Map<string, Value>, key: string, value: Value): void {
  if (cache.size >= CAPACITY) cache.delete(cache.keys().next().value as string);
  cache.set(key, value);
}
