import { errors, type Client, Provider } from 'oidc-provider';
import { verifySecret } from '../../clients/secrets.ts';
import type { ArtifactStore } from '../../store/store.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { CLOCK_TOLERANCE } from '../engine/lifetimes.ts';

/** The engine's members that client authentication replaces. */

interface EngineClient {
  compareClientSecret: (this: Client, candidate: string) => boolean;
  grantTypeAllowed: (this: Client, type: string) => boolean;
}

/**
 * Secrets are compared with digests. A grant that the client is not registered for is rejected with its own error code. A `jti` is claimed
 * by one atomic write; the engine's look-up and write would let a concurrent request in between.
 */
export function hardenClientAuthentication(
  provider: Provider,
  artifacts: ArtifactStore,
  clock: () => number,
): void {
  const client = provider.Client.prototype as unknown as EngineClient;
  client.compareClientSecret = function compareClientSecret(candidate) {
    return verifySecret(clientSettings(this).secrets, candidate, Math.floor(clock() / 1000));
  };
  const { grantTypeAllowed } = client;
  client.grantTypeAllowed = function unauthorizedUnlessAllowed(type) {
    if (grantTypeAllowed.call(this, type)) return true;
    const { route, params } = Provider.ctx?.oidc ?? {};
    // RFC 6749 §5.2.
    if (route === 'token' && params?.grant_type === type)
      throw new errors.UnauthorizedClient('requested grant type is not allowed for this client');
    return false;
  };
  const replay = provider.ReplayDetection as unknown as {
    unique(issuer: string, jti: string, exp: number): Promise<boolean>;
  };
  // Stored for as long as the assertion could be accepted.
  replay.unique = (issuer, jti, exp) =>
    artifacts.createOnce('ReplayDetection', `${issuer}\n${jti}`, exp + CLOCK_TOLERANCE + 1);
}
