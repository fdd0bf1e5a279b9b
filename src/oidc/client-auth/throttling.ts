import { type Client, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { ClientSecretThrottle } from '../../limits/client-secret-throttle.ts';
import { Problem, sendProblem } from '../../http/problem.ts';
import { override } from '../overrides.ts';
import { claimedClientId } from './claimed-client.ts';
import { isForeignPage } from '../engine/cross-origin.ts';

/** Where client secrets are guessed at: at every endpoint at which the engine authenticates a client. */

type CompareSecret = (this: Client, candidate: string) => boolean;

/** A client that is refused in this network has no right secret there. */
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
 * Counts a client authentication that failed, and turns the answer into 429 where there were too many.
 * @returns whether it did
 */
export function countFailedSecret(ctx: KoaContextWithOIDC, secretThrottle: ClientSecretThrottle): boolean {
  // A signature is not guessed, and one that came too late or twice is nobody's attempt at a secret.
  if (ctx.oidc.params?.client_assertion !== undefined) return false;
  // Refused before its secret is looked at; and a page must not use up the attempts of its visitors' network.
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
