/**
 * How a client can authenticate at the endpoints for clients (RFC 7591 §2, `token_endpoint_auth_method`). Validation, the help of
 * `signet client`, the documents, the engine and discovery follow from these lists. The methods are in `oidc/client-auth/`.
 */
export const AUTHENTICATION_METHODS = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'none',
] as const;

export type AuthenticationMethod = (typeof AUTHENTICATION_METHODS)[number];

export const DEFAULT_AUTHENTICATION_METHOD = 'client_secret_basic' satisfies AuthenticationMethod;

/**
 * What a client may name as the audience of its assertions: `issuer`, the issuer alone (RFC 7523bis, FAPI 2.0), or `legacy`, also the token
 * endpoint and the endpoint that is called, as RFC 7523 §3 and OpenID Connect Core §9 have it.
 */
export const ASSERTION_AUDIENCES = ['issuer', 'legacy'] as const;

/** Signature algorithms of client assertions with `private_key_jwt` (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). */
export const ASSERTION_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA'] as const;

/** The same with `client_secret_jwt`. */
export const SECRET_ASSERTION_ALGORITHMS = ['HS256'] as const;
