import type { KoaContextWithOIDC } from 'oidc-provider';
import { nowInSeconds, systemClock } from '../../clock.ts';
import { loginOf } from '../engine/login-result.ts';

/** Seconds for which a sign-in that was made for a request counts, whatever its `max_age`: pages may follow it, such as consent. */
const PAGE_TIME = 60;

/**
 * Whether the sign-in of the session is older than `max_age` allows (OpenID Connect Core §3.1.2.1; RFC 9470 §4). Compared at every page of a
 * request: its person may leave one open. A second factor alone makes no sign-in newer.
 */
export function isSignInTooOld({ oidc }: KoaContextWithOIDC): boolean {
  const { params, session } = oidc;
  if (params?.max_age === undefined || session?.accountId === undefined) return false;
  const maxAge = Number(params.max_age);
  const age = nowInSeconds(systemClock) - (session.loginTs ?? 0);
  const login = loginOf(oidc);
  if (login !== undefined && login.isStepUp !== true) return age > Math.max(maxAge, PAGE_TIME);
  // Times are whole seconds: a sign-in of this second was made before the request, too.
  return maxAge === 0 || age > maxAge;
}
