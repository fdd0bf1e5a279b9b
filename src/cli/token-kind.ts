import type { JWTPayload, ProtectedHeaderParameters } from 'jose';

/** Kinds of JWTs, by `typ`, and without an explicit type by their claims (RFC 8725 §3.11, §3.12). */

export const TOKEN_KINDS = {
  'access-token': 'an access token',
  'id-token': 'an ID token',
  'logout-token': 'a logout token',
  'client-assertion': 'a client assertion',
  'introspection-response': 'an introspection response',
  'request-object': 'a request object',
  'dpop-proof': 'a DPoP proof',
  unknown: 'of an unknown kind, by its typ and its claims',
} as const;

export type TokenKind = keyof typeof TOKEN_KINDS;

const KINDS_BY_TYPE: ReadonlyMap<string, TokenKind> = new Map([
  ['at+jwt', 'access-token'], // RFC 9068 §2.1
  ['logout+jwt', 'logout-token'], // OpenID Connect Back-Channel Logout §2.4
  ['client-authentication+jwt', 'client-assertion'], // RFC 7523bis
  ['token-introspection+jwt', 'introspection-response'], // RFC 9701 §5
  ['oauth-authz-req+jwt', 'request-object'], // RFC 9101 §10.8
  ['dpop+jwt', 'dpop-proof'], // RFC 9449 §4.2
]);

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

export function tokenKind({
  header,
  payload,
}: {
  header: ProtectedHeaderParameters;
  payload: JWTPayload;
}): TokenKind {
  const type = (header.typ ?? 'JWT').toLowerCase().replace(/^application\//, '');
  if (type !== 'jwt') return KINDS_BY_TYPE.get(type) ?? 'unknown';
  const { events, iss, sub, aud, iat, exp } = payload;
  if (typeof events === 'object' && events !== null && Object.hasOwn(events, LOGOUT_EVENT))
    return 'logout-token';
  // RFC 7523 §3: issuer and subject are the client.
  if (sub !== undefined && sub === iss) return 'client-assertion';
  // The required claims of an ID token (OpenID Connect Core §2). Access tokens also have scope and client_id (RFC 9068 §2.2).
  const isComplete = [iss, sub, aud, iat, exp].every((claim) => claim !== undefined);
  return isComplete && !Object.hasOwn(payload, 'scope') && !Object.hasOwn(payload, 'client_id')
    ? 'id-token'
    : 'unknown';
}
