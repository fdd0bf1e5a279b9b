import { STATUS_CODES } from 'node:http';
import { type ClaimRow, claimRows, formatTime } from './claim-rows.ts';
import type { SignedIn } from './relying-party.ts';
import type { Session } from './session.ts';

/** The data of the account page. It contains no token. */
export interface AccountPage {
  name: string;
  csrfToken: string;
  claims: ClaimRow[];
  scopes: string[];
  accessToken: { state: 'valid' | 'expired' | 'unknown'; expiresAt: string };
  refreshToken: 'none' | 'online' | 'offline';
  call: { request: string; status: string; ok: boolean; body: string; hint: string } | undefined;
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
      state: expiresAt === undefined ? 'unknown' : expiresAt > now ? 'valid' : 'expired',
      expiresAt: expiresAt === undefined ? '' : formatTime(expiresAt),
    },
    refreshToken: refreshTokenOf(signedIn),
    call: apiCall && {
      request: apiCall.request,
      status:
        apiCall.status === undefined
          ? 'No answer'
          : `${apiCall.status} ${STATUS_CODES[apiCall.status] ?? ''}`,
      ok: apiCall.status !== undefined && apiCall.status < 400,
      body: apiCall.body,
      hint: apiCall.hint ?? '',
    },
  };
}

function refreshTokenOf({ refreshToken, offlineAccess }: SignedIn): AccountPage['refreshToken'] {
  if (refreshToken === undefined) return 'none';
  return offlineAccess ? 'offline' : 'online';
}

/** Only `sub` is always present; the others depend on the consent. */
function nameOf({ name, preferred_username: username, email, sub }: SignedIn['claims']): string {
  return (
    [name, username, email].find((claim): claim is string => typeof claim === 'string' && claim !== '') ?? sub
  );
}
