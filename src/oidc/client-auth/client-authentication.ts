import { errors, type Client, Provider } from 'oidc-provider';
import { verifySecret } from '../../clients/secrets.ts';
import type { ArtifactStore } from '../../store/store.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { CLOCK_TOLERANCE } from '../engine/lifetimes.ts';
import { override } from '../overrides.ts';

/** The engine's members that client authentication replaces. */

type CompareSecret = (this: Client, candidate: string) => boolean;
type GrantTypeAllowed = (this: Client, type: string) => boolean;
type Unique = (issuer: string, jti: string, exp: number) => Promise<boolean>;

/**
 * Secrets are compared with digests. A grant that the client is not registered for is rejected with its own error code. A `jti` is claimed
 * by one atomic write; the engine's look-up and write would let a concurrent request in between.
 */
export function hardenClientAuthentication(
  provider: Provider,
  artifacts: ArtifactStore,
  clock: () => number,
): void {
  override<CompareSecret>(
    provider,
    'Client.prototype.compareClientSecret',
    () =>
      function compareDigest(candidate) {
        return verifySecret(clientSettings(this).secrets, candidate, Math.floor(clock() / 1000));
      },
  );
  override<GrantTypeAllowed>(
    provider,
    'Client.prototype.grantTypeAllowed',
    (grantTypeAllowed) =>
      function unauthorizedUnlessAllowed(type) {
        if (grantTypeAllowed.call(this, type)) return true;
        const { route, params } = Provider.ctx?.oidc ?? {};
        // RFC 6749 §5.2.
        if (route === 'token' && params?.grant_type === type)
          throw new errors.UnauthorizedClient('requested grant type is not allowed for this client');
        return false;
      },
  );
  // Kept for as long as the assertion could be accepted.
  override<Unique>(
    provider,
    'ReplayDetection.unique',
    () => (issuer, jti, exp) =>
      artifacts.createOnce('ReplayDetection', `${issuer}\n${jti}`, exp + CLOCK_TOLERANCE + 1),
  );
}
