import type { JWTPayload } from 'jose';
import {
  type Client,
  type Configuration,
  errors,
  type KoaContextWithOIDC,
  type Provider,
} from 'oidc-provider';
import type { ArtifactStore } from '../../store/store.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { CLIENT_CLOCK_TOLERANCE } from '../engine/lifetimes.ts';
import { override } from '../overrides.ts';
import { isUnambiguousJwt } from './unambiguous-jwt.ts';

/** Seconds. The `jti` of an assertion is stored for as long. */
export const MAX_ASSERTION_LIFETIME = 300;

/** Seconds between now and the begin or end of an assertion, by a clock that is ahead or behind. */
const MAX_DISTANCE = MAX_ASSERTION_LIFETIME + CLIENT_CLOCK_TOLERANCE;

const REJECTED_HEADERS = ['jwk', 'jku', 'x5c', 'x5u', 'crit', 'b64', 'zip'];
const ASSERTION_TYPES: ReadonlySet<unknown> = new Set(['JWT', 'jwt', 'client-authentication+jwt']);

/**
 * Rules for client assertions beyond the engine's. The audience is the issuer and nothing else (RFC 7523bis), unless the client is registered
 * with `assertion_audience: legacy`; the lifetime is five minutes at most, and `iat` at most ten seconds ahead. Rejected are a key in the
 * header, extensions (RFC 7797 among them), the type of another kind of JWT, and JSON that two parsers read differently (RFC 8725 §3.10,
 * §3.11).
 */
export const assertJwtClientAuthClaimsAndHeader: NonNullable<
  Configuration['assertJwtClientAuthClaimsAndHeader']
> = async (ctx, claims, header, client) => {
  const rejected = REJECTED_HEADERS.find((name) => Object.hasOwn(header, name));
  if (rejected !== undefined) throw new errors.InvalidClientAuth(`the header has "${rejected}"`);
  if (header.typ !== undefined && !ASSERTION_TYPES.has(header.typ)) {
    throw new errors.InvalidClientAuth('"typ" is not that of a client assertion');
  }
  if (!isUnambiguousJwt(String(ctx.oidc.params?.client_assertion))) {
    throw new errors.InvalidClientAuth('header or claims are not JSON that all parsers read alike');
  }
  if (!isAudience(claims.aud, ctx, client)) {
    throw new errors.InvalidClientAuth('audience (aud) is not what the client may name');
  }
  checkTimes(claims);
};

/** In a list, each value must be ours: an audience beside us could use the assertion here. */
function isAudience(aud: unknown, ctx: KoaContextWithOIDC, client: Client): boolean {
  if (!clientSettings(client).legacyAssertionAudience) return aud === ctx.oidc.issuer;
  return isLegacyAudience(aud, ctx);
}

/** The issuer, the token endpoint or the endpoint that is called, or a list of them (RFC 7523 §3, RFC 9126 §2). */
export function isLegacyAudience(aud: unknown, { oidc }: KoaContextWithOIDC): boolean {
  const accepted = oidc.clientJwtAuthExpectedAudience();
  const values = [aud].flat();
  return values.length > 0 && values.every((value) => typeof value === 'string' && accepted.has(value));
}

/** The engine has rejected an `exp` in the past and an `nbf` in the future. */
function checkTimes(claims: JWTPayload): void {
  const now = Math.floor(Date.now() / 1000);
  if (!Number.isSafeInteger(claims.exp) || Number(claims.exp) > now + MAX_DISTANCE) {
    throw new errors.InvalidClientAuth('expiration (exp) is too far away');
  }
  // A supply of assertions made for later is as good as the key (RFC 7523 §3).
  if (claims.iat === undefined) return;
  const age = now - claims.iat;
  if (age < -CLIENT_CLOCK_TOLERANCE || age > MAX_DISTANCE) {
    throw new errors.InvalidClientAuth('issued (iat) is too far from now');
  }
}

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
      artifacts.createOnce('ReplayDetection', `${issuer}\n${jti}`, exp + CLIENT_CLOCK_TOLERANCE + 1),
  );
}
