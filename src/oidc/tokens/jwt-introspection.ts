import type { RouteContext } from '../feature.ts';
import {
  apiAudience,
  type CurrentAccessToken,
  GRANT_CLAIM,
  INSTANCE_CLAIM,
  SESSION_CLAIM,
} from './access-token.ts';
import { USERNAME_SCOPE } from './introspection-members.ts';

/**
 * @param clientId of the authenticated client
 * @returns the response (RFC 7662 §2.2)
 */
export type IntrospectJwt = (token: string, clientId: string) => Promise<object>;

const INACTIVE = { active: false };

/**
 * Introspection of JWTs. The response has the claims of the token. A client can introspect its own tokens, and the clients in
 * `introspectionClients` of an API can introspect tokens for that API (RFC 7662 §4). For any other client nothing is looked up beyond the token itself, so that neither the answer nor its time
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
    if (claims === undefined) return INACTIVE;
    const isApi = introspectors.get(apiAudience(claims))?.has(clientId) === true;
    const isAllowed = isApi || claims.client_id === clientId;
    const current = isAllowed ? await accessTokens.describe(claims) : undefined;
    return current === undefined ? INACTIVE : introspectionResponse(current, isApi);
  };
}

function introspectionResponse({ claims, grant }: CurrentAccessToken, isApi: boolean): object {
  const { [GRANT_CLAIM]: _grant, [INSTANCE_CLAIM]: _instance, [SESSION_CLAIM]: _session, ...shown } = claims;
  const username = isApi || grant?.scopes.has(USERNAME_SCOPE) === true ? grant?.username : undefined;
  return { active: true, token_type: 'Bearer', ...shown, username };
}
