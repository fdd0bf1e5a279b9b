import type { Api } from '../config/schema-apis.ts';
import type { PermissionGroup } from './page-data.ts';

/**
 * Descriptions of the standard scopes (OpenID Connect Core §5.4 and §11), in the order of the consent page: the most revealing first. `openid`
 * has no line: the page has a sentence for it where it is the only scope.
 */
const PROFILE_SCOPES: ReadonlyMap<string, string> = new Map([
  ['profile', 'See your name, username, picture and other profile details'],
  ['email', 'See your email address'],
  ['address', 'See your postal address'],
  ['phone', 'See your phone number'],
  ['groups', 'See the groups you belong to'],
]);

const OFFLINE_SCOPES: ReadonlyMap<string, string> = new Map([
  ['offline_access', 'Keep this access while you are away, also after you sign out'],
]);

/** For an API without scopes: its token identifies the person, and the API decides what that allows. */
const WITHOUT_SCOPES = { scope: '', description: 'Use it in your name' };

/** Words for single claims. Other claims are listed by their names. */
const CLAIMS: ReadonlyMap<string, string> = new Map([
  ['preferred_username', 'username'],
  ['profile', 'profile page'],
  ['updated_at', 'when your profile was last changed'],
  ['email', 'email address'],
  ['email_verified', 'whether your email address is verified'],
  ['phone_number', 'phone number'],
  ['phone_number_verified', 'whether your phone number is verified'],
  ['address', 'postal address'],
  ['birthdate', 'date of birth'],
  ['zoneinfo', 'time zone'],
  ['locale', 'language'],
]);

function wordsOf(claim: string): string {
  return CLAIMS.get(claim) ?? claim.replaceAll('_', ' ');
}

function describeClaims(names: readonly string[]): string {
  return `Know about you: ${names.map(wordsOf).join(', ')}`;
}

/** A claim that the client asks for by itself (OpenID Connect Core §5.5). */
function describeClaim(claim: string): string {
  const words = wordsOf(claim);
  return /^(?:when|whether) /.test(words) ? `See ${words}` : `See your ${words}`;
}

/**
 * Describes every requested scope except `openid`, in groups: profile, each API, offline access. A scope without a description is listed by
 * its name: consent covers only what the page shows.
 * @param scopes as requested, in any order
 * @param apis the declared APIs, whose scopes have words
 * @param audiences those that a token will be for: named also when none of their scopes is asked for
 * @param claims single claims that none of the scopes opens
 */
export function describeScopes(
  scopes: Iterable<string>,
  apis: readonly (Pick<Api, 'audience' | 'name' | 'scopes'> & Partial<Pick<Api, 'accessTokenClaims'>>)[],
  audiences: readonly string[] = [],
  claims: readonly string[] = [],
): PermissionGroup[] {
  const pending = new Set(scopes);
  pending.delete('openid');
  const group = (title: string, words: Iterable<readonly [string, string]>): PermissionGroup => ({
    title,
    items: [...words]
      .filter(([scope]) => pending.delete(scope))
      .map(([scope, description]) => ({ scope, description })),
  });
  const profile = group('Your profile', PROFILE_SCOPES);
  profile.items.push(...claims.map((claim) => ({ scope: '', description: describeClaim(claim) })));
  const described = apis.map(({ accessTokenClaims = [], ...api }) => {
    const words = Object.entries(api.scopes).map(([scope, { description }]) => [scope, description] as const);
    const named = group(api.name, words);
    if (named.items.length === 0 && audiences.includes(api.audience)) named.items.push(WITHOUT_SCOPES);
    if (named.items.length > 0 && accessTokenClaims.length > 0)
      named.items.push({ scope: '', description: describeClaims(accessTokenClaims) });
    return named;
  });
  const offline = group('While you are away', OFFLINE_SCOPES);
  const rest = group(
    'Other access',
    [...pending].map((scope) => [scope, `Use the permission “${scope}”`]),
  );
  return [profile, ...described, rest, offline].filter(({ items }) => items.length > 0);
}
