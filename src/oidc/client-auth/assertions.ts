import { type Configuration, errors, type Provider } from 'oidc-provider';
import type { ArtifactStore } from '../../store/store.ts';
import { CLOCK_TOLERANCE } from '../engine/lifetimes.ts';
import { override } from '../overrides.ts';
import { isUnambiguousJwt } from './unambiguous-jwt.ts';

/** Seconds. The `jti` of an assertion is stored for as long. */
export const MAX_ASSERTION_LIFETIME = 300;

const REJECTED_HEADERS = ['jwk', 'jku', 'x5c', 'x5u', 'crit', 'b64', 'zip'];
const ASSERTION_TYPES: ReadonlySet<unknown> = new Set(['JWT', 'jwt', 'client-authentication+jwt']);

/**
 * Rules for client assertions beyond the engine's. The audience is the issuer and nothing else (RFC 7523bis), the lifetime is five minutes
 * at most. Rejected are a key in the header, extensions (RFC 7797 among them), the type of another kind of JWT, and JSON that two parsers
 * read differently (RFC 8725 §3.10, §3.11).
 */
export const assertJwtClientAuthClaimsAndHeader: NonNullable<
  Configuration['assertJwtClientAuthClaimsAndHeader']
> = async (ctx, claims, header) => {
  const rejected = REJECTED_HEADERS.find((name) => Object.hasOwn(header, name));
  if (rejected !== undefined) throw new errors.InvalidClientAuth(`the header has "${rejected}"`);
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
  // A supply of assertions made for later is as good as the key (RFC 7523 §3).
  if (
    claims.iat !== undefined &&
    Math.abs(now - Number(claims.iat)) > MAX_ASSERTION_LIFETIME + CLOCK_TOLERANCE
  ) {
    throw new errors.InvalidClientAuth('issued (iat) is too far from now');
  }
};

type Unique = (issuer: string, jti: string, exp: number) => Promise<boolean>;

/**
 * Claims the `jti` of an assertion by one atomic write (RFC 7523 §3); the engine's look-up and write would let a concurrent request in
 * between. It is stored for as long as the assertion could be accepted.
 */
export function acceptAssertionsOnce(provider: Provider, artifacts: ArtifactStore): void {
  override<Unique>(
    provider,
    'ReplayDetection.unique',
    () => (issuer, jti, exp) =>
      artifacts.createOnce('ReplayDetection', `${issuer}\n${jti}`, exp + CLOCK_TOLERANCE + 1),
  );
}
