/** Formats the claims of an ID token for the account page (OpenID Connect Core §2, §3.3.2.11, §5.1). */

export interface ClaimRow {
  name: string;
  value: string;
  /** Empty for unknown claims. */
  meaning: string;
}

/** In display order. */
const MEANINGS: Readonly<Record<string, string>> = {
  iss: 'who issued it',
  sub: 'you, for this issuer',
  aud: 'the app it was made for',
  azp: 'the app it was issued to',
  exp: 'expires',
  nbf: 'not valid before',
  iat: 'issued at',
  jti: 'unique identifier',
  auth_time: 'when you signed in',
  nonce: 'ties it to this sign-in',
  acr: 'how strong the sign-in was',
  amr: 'how you signed in',
  sid: 'your session there',
  at_hash: 'ties it to the access token',
  c_hash: 'ties it to the code',
  s_hash: 'ties it to the state',
  name: 'your full name',
  given_name: 'your first name',
  family_name: 'your last name',
  middle_name: 'your middle name',
  nickname: 'what friends call you',
  preferred_username: 'the name you sign in with',
  profile: 'a page about you',
  picture: 'your picture',
  website: 'your own site',
  gender: 'your gender',
  birthdate: 'your date of birth',
  zoneinfo: 'your time zone',
  locale: 'your language and country',
  updated_at: 'when your profile last changed',
  email: 'your email address',
  email_verified: 'whether it was checked',
  phone_number: 'your phone number',
  phone_number_verified: 'whether it was checked',
  address: 'your postal address',
  groups: 'the groups you belong to',
};

const ORDER = Object.keys(MEANINGS);

const TIMES: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf', 'auth_time', 'updated_at']);

export function claimRows(claims: Readonly<Record<string, unknown>>): ClaimRow[] {
  return Object.entries(claims)
    .toSorted(([one], [other]) => rank(one) - rank(other))
    .map(([name, value]) => ({
      name,
      value: TIMES.has(name) && typeof value === 'number' ? formatTime(value * 1000) : formatValue(value),
      meaning: Object.hasOwn(MEANINGS, name) ? (MEANINGS[name] ?? '') : '',
    }));
}

/** Unknown claims come last. */
function rank(name: string): number {
  const index = ORDER.indexOf(name);
  return index === -1 ? ORDER.length : index;
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
