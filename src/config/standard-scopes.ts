/** OpenID Connect Core §5.4 and §11, plus `groups`. */
export const STANDARD_SCOPES: ReadonlySet<string> = new Set([
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'groups',
  'offline_access',
]);
