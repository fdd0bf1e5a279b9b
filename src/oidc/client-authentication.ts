import { errors, type Configuration, type Provider } from 'oidc-provider';
import { verifySecret } from '../clients/secrets.ts';
import type { ArtifactStore } from '../store/store.ts';
import { clientSettings } from './client-settings.ts';
import { CLOCK_TOLERANCE } from './lifetimes.ts';

/** How clients prove who they are: secrets kept as digests, and assertions accepted once. */

/** Seconds. Longer-lived assertions would have to be remembered as long. */
const LONGEST_ASSERTION = 300;

/**
 * Replaces two of the engine's methods on one provider: secrets are compared with digests, and a `jti` is claimed by a single atomic
 * write instead of a look-up and a write that a concurrent request fits between.
 */
export function hardenClientAuthentication(
  provider: Provider,
  artifacts: ArtifactStore,
  clock: () => number,
): void {
  const client = provider.Client.prototype as unknown as { compareClientSecret(candidate: string): boolean };
  client.compareClientSecret = function compareClientSecret(
    this: InstanceType<Provider['Client']>,
    candidate,
  ) {
    return verifySecret(clientSettings(this).secrets, candidate, Math.floor(clock() / 1000));
  };
  const replay = provider.ReplayDetection as unknown as {
    unique(issuer: string, jti: string, exp: number): Promise<boolean>;
  };
  // Remembered for as long as it could be accepted.
  replay.unique = (issuer, jti, exp) =>
    artifacts.createOnce('ReplayDetection', `${issuer}\n${jti}`, exp + CLOCK_TOLERANCE + 1);
}

/** Assertions are for the issuer and nothing else (RFC 7523bis), and live five minutes at most. */
export const assertJwtClientAuthClaimsAndHeader: NonNullable<
  Configuration['assertJwtClientAuthClaimsAndHeader']
> = async (ctx, claims) => {
  if (claims.aud !== ctx.oidc.issuer) {
    throw new errors.InvalidClientAuth('audience (aud) must be the issuer and nothing else');
  }
  const now = Math.floor(Date.now() / 1000);
  if (!Number.isSafeInteger(claims.exp) || Number(claims.exp) > now + LONGEST_ASSERTION) {
    throw new errors.InvalidClientAuth(
      `expiration (exp) must be a whole second at most ${LONGEST_ASSERTION} seconds away`,
    );
  }
};
