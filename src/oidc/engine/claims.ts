/** Which claims each scope opens (OpenID Connect Core §5.4), plus `groups`. */
export const SCOPE_CLAIMS = {
  openid: ['sub'],
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
  groups: ['groups'],
} as const;

/** The scope that opens each claim about the person, in the order of the scopes. */
export const CLAIM_SCOPES: ReadonlyMap<string, string> = new Map(
  Object.entries(SCOPE_CLAIMS).flatMap(([scope, claims]) =>
    scope === 'openid' ? [] : claims.map((claim) => [claim, scope] as const),
  ),
);
