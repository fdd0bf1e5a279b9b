import { errors, type Client, type Configuration, Provider } from 'oidc-provider';
import { verifySecret } from '../../clients/secrets.ts';
import type { ArtifactStore } from '../../store/store.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { CLOCK_TOLERANCE } from '../engine/lifetimes.ts';
import { override } from '../overrides.ts';
import { isUnambiguousJwt } from './unambiguous-jwt.ts';

/** How clients prove who they are: secrets kept as digests, and assertions accepted once. */

/** Seconds. Longer-lived assertions would have to be remembered as long. */
export const MAX_ASSERTION_LIFETIME = 300;

export const CLIENT_AUTH_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA'] as const;

const REFUSED_HEADERS = ['jwk', 'jku', 'x5c', 'x5u', 'crit', 'b64', 'zip'];
const ASSERTION_TYPES: ReadonlySet<unknown> = new Set(['JWT', 'jwt', 'client-authentication+jwt']);

type CompareSecret = (this: Client, candidate: string) => boolean;
type GrantTypeAllowed = (this: Client, type: string) => boolean;
type Unique = (issuer: string, jti: string, exp: number) => Promise<boolean>;

/**
 * Replaces methods of the engine on one provider: secrets are compared with digests, a grant that the client may not use is refused by
 * its own name, and a `jti` is claimed by a single atomic write instead of a look-up and a write that a concurrent request fits between.
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

/**
 * Assertions are for the issuer and nothing else (RFC 7523bis), live five minutes at most, and are what they say: a key that they
 * bring along, an extension (RFC 7797 among them), the type of another kind of JWT and what two parsers read differently are refused
 * (RFC 8725 §3.10, §3.11).
 */
export const assertJwtClientAuthClaimsAndHeader: NonNullable<
  Configuration['assertJwtClientAuthClaimsAndHeader']
> = async (ctx, claims, header) => {
  const refused = REFUSED_HEADERS.find((name) => Object.hasOwn(header, name));
  if (refused !== undefined) throw new errors.InvalidClientAuth(`the header has "${refused}"`);
  if (header.typ !== undefined && !ASSERTION_TYPES.has(header.typ)) {
    throw new errors.InvalidClientAuth('"typ" is not that of a client assertion');
  }
  if (!isUnambiguousJwt(String(ctx.oidc.params?.client_assertion))) {
    throw new errors.InvalidClientAuth('header or claims are not JSON that all parsers read alike');
  }
  if (claims.aud !== ctx.oidc.issuer) {
    throw new errors.InvalidClientAuth('audience (aud) must be the issuer and nothing else');
  }
  const now = Math.floor(Date.now() / 1000);
  if (!Number.isSafeInteger(claims.exp) || Number(claims.exp) > now + MAX_ASSERTION_LIFETIME) {
    throw new errors.InvalidClientAuth('expiration (exp) is too far away');
  }
  // A store of assertions made for later is as good as the key (RFC 7523 §3).
  if (
    claims.iat !== undefined &&
    Math.abs(now - Number(claims.iat)) > MAX_ASSERTION_LIFETIME + CLOCK_TOLERANCE
  ) {
    throw new errors.InvalidClientAuth('issued (iat) is too far from now');
  }
};
