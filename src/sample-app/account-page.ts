import { STATUS_CODES } from 'node:http';
import { type ClaimRow, claimRows, formatTime } from './claim-rows.ts';
import type { SignedIn } from './relying-party.ts';
import type { Session } from './session.ts';

/** What the page of somebody signed in shows; no token is in it. */
export interface AccountPage {
  name: string;
  csrfToken: string;
  claims: ClaimRow[];
  scopes: string[];
  accessToken: { state: 'good' | 'expired' | 'unknown'; expiresAt: string };
  refreshToken: 'none' | 'until-sign-out' | 'while-away';
  call: { request: string; status: string; good: boolean; body: string; hint: string } | undefined;
}

/** @param now epoch milliseconds */
export function accountPage({ csrfToken, signedIn, apiCall }: Session, now: number): AccountPage {
  const { claims, accessTokenExpiresAt: expiresAt } = signedIn;
  return {
    name: nameOf(claims),
    csrfToken,
    claims: claimRows(claims),
    scopes: signedIn.scope.split(' '),
    accessToken: {
      state: expiresAt === undefined ? 'unknown' : expiresAt > now ? 'good' : 'expired',
      expiresAt: expiresAt === undefined ? '' : formatTime(expiresAt),
    },
    refreshToken: refreshTokenOf(signedIn),
    call: apiCall && {
      request: apiCall.request,
      status:
        apiCall.status === undefined
          ? 'No answer'
          : `${apiCall.status} ${STATUS_CODES[apiCall.status] ?? ''}`,
      good: apiCall.status !== undefined && apiCall.status < 400,
      body: apiCall.body,
      hint: apiCall.hint ?? '',
    },
  };
}

function refreshTokenOf({ refreshToken, whileAway }: SignedIn): AccountPage['refreshToken'] {
  if (refreshToken === undefined) return 'none';
  return whileAway ? 'while-away' : 'until-sign-out';
}

/** Only `sub` is certain; the others depend on what was shared. */
function nameOf({ name, preferred_username: username, email, sub }: SignedIn['claims']): string {
  return (
    [name, username, email].find((claim): claim is string => typeof claim === 'string' && claim !== '') ?? sub
  );
}
