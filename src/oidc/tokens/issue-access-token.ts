import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Apis } from './api-access.ts';
import { resourcesOf, scopesOf } from './requested.ts';
import { resourceServerInfo } from './resource-servers.ts';
import { resolveScope } from './scope.ts';

/** Members of a token response (RFC 6749 §5.1). */
export interface AccessTokenResponse {
  access_token: string;
  expires_in: number;
  scope: string | undefined;
  token_type: string;
}

/**
 * Issues a JWT access token to the client of a token request, for the API that `resource` or `scope` of the request names. A grant must
 * not build its own token: without a resource server the engine issues an opaque one that no API accepts.
 * The engine's event for the request becomes the audit event `token.issued` and the metric (`engine/events.ts`).
 * @throws InvalidTarget, InvalidScope
 */
export async function issueAccessToken(ctx: KoaContextWithOIDC, apis: Apis): Promise<AccessTokenResponse> {
  const { client, provider } = ctx.oidc;
  if (client === undefined) throw new TypeError('issueAccessToken needs an authenticated client');
  const resources = resourcesOf(ctx);
  if (resources.length > 1) {
    throw new errors.InvalidTarget('only a single resource indicator value is supported for this grant type');
  }
  const { accesses, scopes } = resolveScope(apis, {
    client,
    policy: 'client',
    scopes: scopesOf(ctx),
    resources,
  });
  const [access] = accesses;
  if (access === undefined) throw new errors.InvalidTarget('unknown resource');
  const token = new provider.ClientCredentials({
    client,
    scope: scopes.join(' ') || undefined,
    resourceServer: new provider.ResourceServer(access.api.audience, resourceServerInfo(access)),
  });
  ctx.oidc.entity('ClientCredentials', token);
  return {
    access_token: await token.save(),
    expires_in: token.expiration,
    scope: token.scope,
    token_type: token.tokenType,
  };
}
