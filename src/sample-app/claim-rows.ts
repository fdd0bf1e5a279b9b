/** The claims of an ID token as rows of a table (OpenID Connect Core §2, §5.1). */

export interface ClaimRow {
  name: string;
  value: string;
  /** Empty for claims that speak for themselves. */
  meaning: string;
}

const MEANINGS: Readonly<Record<string, string>> = {
  iss: 'who vouches for it',
  sub: 'you, for this issuer',
  aud: 'the app it was made for',
  azp: 'the app it was issued to',
  exp: 'not good after',
  iat: 'issued at',
  nbf: 'not good before',
  auth_time: 'when you signed in',
  nonce: 'ties it to this sign-in',
  acr: 'how strong the sign-in was',
  amr: 'how you signed in',
  at_hash: 'ties it to the access token',
  sid: 'your session there',
};

const TIMES: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf', 'auth_time', 'updated_at']);

export function claimRows(claims: Readonly<Record<string, unknown>>): ClaimRow[] {
  return Object.entries(claims).map(([name, value]) => ({
    name,
    value: TIMES.has(name) && typeof value === 'number' ? formatTime(value * 1000) : formatValue(value),
    meaning: MEANINGS[name] ?? '',
  }));
}

/**
 * `2026-01-31 12:00:00 UTC`: a server does not know the reader's time zone.
 * @param time epoch milliseconds
 */
export function formatTime(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime())
    ? String(time)
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
