/** Claims and members with a meaning in tokens and protocol responses (IANA "JSON Web Token Claims"): no account and no API can set them. */
export const PROTOCOL_CLAIMS: ReadonlySet<string> = new Set(
  [
    'iss sub aud exp nbf iat jti typ cnf act may_act events toe txn sub_id sub_jwk',
    'nonce acr amr azp auth_time at_hash c_hash s_hash sid _claim_names _claim_sources',
    'scope client_id active token_type authorization_details',
  ].flatMap((line) => line.split(' ')),
);

/** Claims that this server adds to access tokens and introspection responses. An account can have one of these names, for userinfo. */
export const ACCESS_TOKEN_CLAIMS: ReadonlySet<string> = new Set([
  'grant_id',
  'client_instance',
  'ends_with_session',
  'username',
]);
