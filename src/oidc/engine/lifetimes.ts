import type { AccessToken, ClientCredentials, Configuration, RefreshToken, Session } from 'oidc-provider';
import { OVER, type SessionLimits } from '../../accounts/session-limits.ts';
import { nowInSeconds, systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';

type Lifetimes = Config['lifetimes'];

/** Seconds of leeway for the times in access tokens that another server of this issuer has signed. */
export const CLOCK_TOLERANCE = 5;

/** Seconds of leeway for the times in JWTs that clients sign (FAPI 2.0 Security Profile §5.3.2.1). */
export const CLIENT_CLOCK_TOLERANCE = 10;

/**
 * Lifetime of a grant in seconds. The engine caps every token by its grant, so a grant must outlast a refresh token family that starts at the
 * end of a session.
 */
export function grantLifetime(lifetimes: Lifetimes): number {
  return lifetimes.refreshTokenFamily + lifetimes.session;
}

/**
 * Seconds, from its last use and from the sign-in. Without an account, or when it is over, a session only holds the state of a form or the
 * request of a sign-in.
 */
export function sessionLifetime(
  lifetimes: Lifetimes,
  session: Pick<Session, 'accountId' | 'loginTs'> & { limits?: SessionLimits },
): number {
  const { accountId, loginTs } = session;
  if (accountId === undefined || session.limits?.idle === OVER.idle) return lifetimes.interaction;
  const { idle, maximum } = session.limits ?? { idle: lifetimes.session, maximum: lifetimes.sessionMaximum };
  if (loginTs === undefined) return idle;
  const left = loginTs + maximum - nowInSeconds(systemClock);
  return Math.max(1, Math.min(idle, left));
}

/** Lifetimes by engine model, in seconds. */
export function engineLifetimes(lifetimes: Lifetimes): NonNullable<Configuration['ttl']> {
  const access = (_ctx: unknown, token: AccessToken | ClientCredentials) =>
    token.resourceServer?.accessTokenTTL ?? lifetimes.accessToken;
  return {
    AccessToken: access,
    ClientCredentials: access,
    AuthorizationCode: lifetimes.authorizationCode,
    IdToken: lifetimes.idToken,
    Interaction: lifetimes.interaction,
    Session: (_ctx: unknown, session: Session) => sessionLifetime(lifetimes, session),
    Grant: grantLifetime(lifetimes),
    // Never beyond the end of the family, counted from its first token (`iiat`).
    RefreshToken: (_ctx: unknown, token: RefreshToken) =>
      Math.max(1, Math.min(lifetimes.refreshToken, lifetimes.refreshTokenFamily - token.totalLifetime())),
  };
}
