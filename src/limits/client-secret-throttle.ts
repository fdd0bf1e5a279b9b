import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { networkOf } from './network.ts';
import { Quota } from './quota.ts';

/**
 * Throttles guessing of client secrets (RFC 6749 §2.3.1: an endpoint that takes a secret must prevent brute force). Failed client
 * authentications are counted per client and network. Over the limit, that client is rejected in that network for the rest of
 * the minute, with the right secret too. Unknown client ids are counted in the same way.
 */
export interface ClientSecretThrottle {
  /** False while no client is blocked, which is the normal state. */
  readonly hasBlocks: boolean;
  /** Looks in this process only. @returns seconds until the block ends; undefined when the client is not blocked there */
  retryAfter(clientId: string, ip: string): number | undefined;
  /** Counts a failed authentication in the background. Never fails. */
  recordFailure(clientId: string, ip: string): void;
}

export function createClientSecretThrottle(options: {
  limit: number;
  counts: Store['quotas'];
  clock: Clock;
}): ClientSecretThrottle {
  const quota = new Quota({ name: 'wrong_secrets', ...options });
  // A digest: ids are of any length, and a substring of a request would keep the whole request in memory.
  const keyOf = (clientId: string, ip: string) => `${networkOf(ip)} ${hash('sha256', clientId)}`;
  return {
    get hasBlocks() {
      return quota.hasBlocks;
    },
    retryAfter: (clientId, ip) => quota.retryAfter(keyOf(clientId, ip)),
    recordFailure(clientId, ip) {
      // Without the store no client can authenticate, so an uncounted failure helps no attacker.
      quota.spend(keyOf(clientId, ip)).catch(() => {});
    },
  };
}

/** Where limits are turned off. */
export const noThrottle: ClientSecretThrottle = {
  hasBlocks: false,
  retryAfter: () => undefined,
  recordFailure: () => {},
};
