import type { AccessTokenClaims } from '../../http/state.ts';
import type { RouteContext } from '../feature.ts';
import { apiAudience, GRANT_CLAIM, INSTANCE_CLAIM, SESSION_CLAIM } from './access-token.ts';

/**
 * @param clientId of the authenticated client
 * @returns the response (RFC 7662 §2.2)
 */
export type IntrospectJwt = (token: string, clientId: string) => Promise<object>;

/**
 * Introspection of JWTs. A client can introspect its own tokens, and the clients in `introspectionClients` of an API can introspect tokens
 * for that API (RFC 7662 §4). For any other client nothing is looked up beyond the token itself, so that neither the answer nor its time
 * tells whether the token is current.
 */
export function jwtIntrospection({
  accessTokens,
  config,
}: Pick<RouteContext, 'accessTokens' | 'config'>): IntrospectJwt {
  const introspectors = new Map(
    config.apis.map(({ audience, introspectionClients }) => [audience, new Set(introspectionClients)]),
  );
  return async (token, clientId) => {
    const claims = await accessTokens.verify(token);
    const isAllowed =
      claims !== undefined &&
      (claims.client_id === clientId || introspectors.get(apiAudience(claims))?.has(clientId) === true);
    const current = isAllowed ? await accessTokens.current(claims) : undefined;
    return current === undefined ? { active: false } : introspectionResponse(current);
  };
}

function introspectionResponse({
  [GRANT_CLAIM]: _grant,
  [INSTANCE_CLAIM]: _instance,
  [SESSION_CLAIM]: _session,
  ...claims
}: AccessTokenClaims): object {
  return { active: true, token_type: 'Bearer', ...claims };
}
