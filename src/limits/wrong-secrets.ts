import { hash } from 'node:crypto';
import type { Store } from '../store/store.ts';
import { networkOf } from './network.ts';
import { Quota } from './quota.ts';

/**
 * Guesses at client secrets (RFC 6749 §2.3.1: brute force is to be prevented at every endpoint that takes one). Only what is wrong is
 * counted, for one client in one network; then that client is refused there, with the right secret too, until the minute is over. Clients
 * that nobody knows are counted alike.
 */
export interface WrongSecrets {
  /** Whether nobody is refused, which is almost always. */
  readonly isQuiet: boolean;
  /** In memory only. @returns seconds to wait, undefined when there is no need to */
  refusedFor(clientId: string, ip: string): number | undefined;
  /** Counts in passing, and never fails. */
  count(clientId: string, ip: string): void;
}

/** @param options.clock epoch milliseconds */
export function countWrongSecrets(options: {
  limit: number;
  counts: Store['quotas'];
  clock: () => number;
}): WrongSecrets {
  const quota = new Quota({ name: 'wrong_secrets', ...options });
  // A digest: an id is as long as its sender likes, and what is kept of a request keeps all of it in memory.
  const who = (clientId: string, ip: string) => `${networkOf(ip)} ${hash('sha256', clientId)}`;
  return {
    get isQuiet() {
      return quota.isQuiet;
    },
    refusedFor: (clientId, ip) => quota.refusedFor(who(clientId, ip)),
    count(clientId, ip) {
      // When the store is away nobody authenticates anyway.
      quota.spend(who(clientId, ip)).catch(() => {});
    },
  };
}

export const UNCOUNTED: WrongSecrets = { isQuiet: true, refusedFor: () => undefined, count: () => {} };
