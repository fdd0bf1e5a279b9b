import { type Client, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { ArtifactKind, Payload } from '../../store/store.ts';
import { type Apis, refuseUnknownScopes, requireAccess } from './api-access.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { coversApi } from '../authorization/grant-apis.ts';

/** Who may ask about, revoke and use a token, beyond what the engine checks. */

/**
 * Opaque tokens, which are good for userinfo and refreshing, are their client's own affair: to introspect (RFC 7662 §4) and to revoke (RFC
 * 7009 §2.1). For any other client they are as if there were none, so that no answer tells whether one is still good.
 */
export const isOwnToken = (
  _ctx: unknown,
  client: Client,
  token: { clientId?: string | undefined },
): boolean => token.clientId === client.clientId;

const TOKENS: ReadonlySet<ArtifactKind> = new Set(['AccessToken', 'ClientCredentials', 'RefreshToken']);

/** The same where tokens are read, before anything else is looked up: what the engine would look up takes time, and time tells. */
export function isHidden(kind: ArtifactKind, token: Payload | undefined): boolean {
  if (token === undefined || !TOKENS.has(kind)) return false;
  const { route, client } = Provider.ctx?.oidc ?? {};
  return (route === 'introspection' || route === 'revocation') && token.clientId !== client?.clientId;
}

/**
 * What is looked at before a refresh token is used up. The engine looks at `resource`, and at what the client may have there, after
 * that, and a mistake there must not cost the token. One that outlives the session is good for as long as its client may have such.
 * @throws InvalidGrant, InvalidScope, InvalidTarget
 */
export function checkRefresh({ oidc }: KoaContextWithOIDC, apis: Apis): void {
  const { entities, params } = oidc;
  const client = oidc.client!;
  const { RefreshToken: token } = entities;
  const settings = clientSettings(client);
  if (token?.scopes.has('offline_access') && !settings.allowedScopes.has('offline_access')) {
    throw new errors.InvalidGrant('offline_access is no longer allowed for this client');
  }
  const granted = [token?.resource ?? []].flat();
  const resource = params?.resource ?? (granted.length > 1 ? granted : granted[0]);
  if (Array.isArray(resource)) throw new errors.InvalidTarget('name one of the granted resources');
  if (resource === undefined) return;
  if (typeof resource !== 'string' || !granted.includes(resource)) throw new errors.InvalidTarget();
  requireAccess(apis, client, resource);
  if (params?.scope !== undefined) refuseUnknownScopes(client, oidc.requestParamScopes);
  // One that was given out before consent named every API.
  if (!settings.firstParty && !coversApi(entities.Grant!, resource)) throw new errors.InvalidTarget();
}
