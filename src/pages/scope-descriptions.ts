import type { Api } from '../config/schema-apis.ts';
import type { Words } from '../messages/messages.ts';
import type { PermissionGroup } from './page-data.ts';

/**
 * Descriptions of the standard scopes (OpenID Connect Core §5.4 and §11), in the order of the consent page: the most revealing first. `openid`
 * has no line: the page has a sentence for it where it is the only scope.
 */
const PROFILE_SCOPES: ReadonlyMap<string, Words> = new Map([
  ['profile', { key: 'consent.scopes.profile' }],
  ['email', { key: 'consent.scopes.email' }],
  ['address', { key: 'consent.scopes.address' }],
  ['phone', { key: 'consent.scopes.phone' }],
  ['groups', { key: 'consent.scopes.groups' }],
]);

const OFFLINE_SCOPES: ReadonlyMap<string, Words> = new Map([
  ['offline_access', { key: 'consent.scopes.offline' }],
]);

/** For an API without scopes: its token identifies the person, and the API decides what that allows. */
const WITHOUT_SCOPES = { scope: '', description: { key: 'consent.scopes.none' } };

/** Claims with texts of their own: those of OpenID Connect Core §5.1, and groups and roles. Others are listed by their names. */
export const DESCRIBED_CLAIMS: ReadonlySet<string> = new Set(
  (
    'name given_name family_name middle_name nickname preferred_username profile picture website email email_verified gender birthdate ' +
    'zoneinfo locale phone_number phone_number_verified address updated_at groups roles'
  ).split(' '),
);

function nameOf(claim: string): Words {
  return DESCRIBED_CLAIMS.has(claim) ? { key: `consent.claims.${claim}.name` } : claim.replaceAll('_', ' ');
}

function describeClaims(names: readonly string[]): Words {
  return { key: 'consent.knowClaims', values: { claims: names.map(nameOf) } };
}

/** A claim that the client asks for by itself (OpenID Connect Core §5.5). */
function describeClaim(claim: string): Words {
  return DESCRIBED_CLAIMS.has(claim)
    ? { key: `consent.claims.${claim}.see` }
    : { key: 'consent.seeClaim', values: { claim: nameOf(claim) } };
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
  const group = (title: Words, words: Iterable<readonly [string, Words]>): PermissionGroup => ({
    title,
    items: [...words]
      .filter(([scope]) => pending.delete(scope))
      .map(([scope, description]) => ({ scope, description })),
  });
  const profile = group({ key: 'consent.groups.profile' }, PROFILE_SCOPES);
  profile.items.push(...claims.map((claim) => ({ scope: '', description: describeClaim(claim) })));
  const described = apis.map(({ accessTokenClaims = [], ...api }) => {
    const words = Object.entries(api.scopes).map(([scope, { description }]) => [scope, description] as const);
    const named = group(api.name, words);
    if (named.items.length === 0 && audiences.includes(api.audience)) named.items.push(WITHOUT_SCOPES);
    if (named.items.length > 0 && accessTokenClaims.length > 0)
      named.items.push({ scope: '', description: describeClaims(accessTokenClaims) });
    return named;
  });
  const offline = group({ key: 'consent.groups.offline' }, OFFLINE_SCOPES);
  const rest = group(
    { key: 'consent.groups.other' },
    [...pending].map((scope) => [scope, { key: 'consent.scopes.other', values: { scope } }]),
  );
  return [profile, ...described, rest, offline].filter(({ items }) => items.length > 0);
}
