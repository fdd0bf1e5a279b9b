import { type Client, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { ClientSecretThrottle } from '../../limits/client-secret-throttle.ts';
import { Problem, sendProblem } from '../../http/problem.ts';
import { override } from '../overrides.ts';
import { claimedClientId } from './claimed-client.ts';
import { isForeignPage } from '../engine/cross-origin.ts';

/** Throttles guessing of client secrets, at every endpoint at which the engine authenticates a client. */

type CompareSecret = (this: Client, candidate: string) => boolean;

/** While a network is blocked for a client, every secret is wrong there. */
export function throttleClientSecrets(provider: Provider, secretThrottle: ClientSecretThrottle): void {
  override<CompareSecret>(
    provider,
    'Client.prototype.compareClientSecret',
    (compareClientSecret) =>
      function compareUnlessBlocked(candidate) {
        const { hasBlocks } = secretThrottle;
        if (hasBlocks && secretThrottle.retryAfter(this.clientId, Provider.ctx?.ip ?? '') !== undefined)
          return false;
        return compareClientSecret.call(this, candidate);
      },
  );
}

/**
 * Counts a failed client authentication. While the network is blocked for the client, the response becomes 429.
 * @returns whether it is blocked
 */
export function countFailedSecret(ctx: KoaContextWithOIDC, secretThrottle: ClientSecretThrottle): boolean {
  // An assertion that has expired or was replayed is no attempt at a secret.
  if (ctx.oidc.params?.client_assertion !== undefined) return false;
  // Rejected before its secret is compared. And a page of another site must not use up the attempts of its visitors' networks.
  if (isForeignPage(ctx)) return false;
  const clientId = claimedClientId(ctx);
  const seconds = secretThrottle.retryAfter(clientId, ctx.ip);
  if (seconds === undefined) {
    secretThrottle.recordFailure(clientId, ctx.ip);
    return false;
  }
  ctx.remove('WWW-Authenticate');
  const description = 'client authentication has failed too often';
  sendProblem(ctx, new Problem(429, 'temporarily_unavailable', description, { retryAfter: seconds }));
  return true;
}
