import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { coversApi } from '../authorization/grant-apis.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { Grant } from '../feature.ts';
import type { Apis } from '../tokens/api-access.ts';
import { narrowedRefresh } from '../tokens/narrowed-refresh.ts';
import { scopesOf } from '../tokens/requested.ts';
import { resolveScope } from '../tokens/scope.ts';

/**
 * Refresh tokens: rotated at each use (RFC 9700 §4.14.2), with a window in which a lost response can be requested again
 * (`refresh-replay.ts`). A refresh token without `offline_access` ends with the session.
 */
export const refreshToken: Grant<'refresh_token'> = {
  spec: ['RFC 6749 §6', 'RFC 9700 §4.14.2'],
  grantType: 'refresh_token',
  policy: 'granted',
  auditEvents: ['token.issued', 'token.repeated', 'token.reused'],
  configure: ({ apis }) => ({
    scopes: ['offline_access'],
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: (ctx) => {
      checkRefresh(ctx, apis);
      return true;
    },
    expiresWithSession: (_ctx, token) => !token.scopes.has('offline_access'),
  }),
};

/**
 * Checks a refresh before the token is consumed. The engine checks `resource`, and what the client can have there, after that, and a
 * mistake in a request must not cost the token. A token that outlives the session is valid while its client may have such tokens.
 * @throws InvalidGrant, InvalidScope, InvalidTarget
 */
function checkRefresh(ctx: KoaContextWithOIDC, apis: Apis): void {
  const { entities, params } = ctx.oidc;
  const client = ctx.oidc.client!;
  const { RefreshToken: token } = entities;
  const settings = clientSettings(client);
  if (token?.scopes.has('offline_access') && !settings.allowedScopes.has('offline_access')) {
    throw new errors.InvalidGrant('offline_access is no longer allowed for this client');
  }
  const narrowed = narrowedRefresh(ctx);
  if (narrowed === 'nothing') {
    throw new errors.InvalidScope('scope does not belong to the requested resource', String(params?.scope));
  }
  if (narrowed === 'userinfo') {
    requireGrantedScope(ctx);
    return;
  }
  const granted = [token?.resource ?? []].flat();
  const resource = params?.resource ?? (granted.length > 1 ? granted : granted[0]);
  if (Array.isArray(resource))
    throw new errors.InvalidTarget('resource must be one of the granted resources');
  if (resource === undefined) {
    requireGrantedScope(ctx);
    return;
  }
  if (typeof resource !== 'string' || !granted.includes(resource)) throw new errors.InvalidTarget();
  resolveScope(apis, { client, policy: 'granted', scopes: scopesOf(ctx), resources: [resource] });
  // A grant of a version whose consent did not name every API.
  if (!settings.firstParty && !coversApi(entities.Grant!, resource)) throw new errors.InvalidTarget();
}

/**
 * An opaque token has the scopes that are still granted (`engine/generation.ts`), of which there must be one.
 * @throws InvalidScope
 */
function requireGrantedScope({ oidc }: KoaContextWithOIDC): void {
  const { RefreshToken: token, Grant: grant } = oidc.entities;
  const requested = oidc.params?.scope === undefined ? token!.scopes : oidc.requestParamScopes;
  if (grant!.getOIDCScopeFiltered(new Set(requested)) === '') {
    throw new errors.InvalidScope(
      'no requested scope is allowed for this client any more',
      [...requested].join(' '),
    );
  }
}
