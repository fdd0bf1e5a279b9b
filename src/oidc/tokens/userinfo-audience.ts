import type { AccessToken, ClientCredentials, JWTStructured, KoaContextWithOIDC } from 'oidc-provider';
import type { Config } from '../../config/config.ts';
import { issuerUrl } from '../../config/issuer.ts';
import type { Api } from '../../config/schema-apis.ts';
import { PATHS } from '../../http/paths.ts';
import { isFrontChannelRequest } from '../authorization/front-channel.ts';
import type { Apis } from './api-access.ts';
import { hasResource } from './audience-parameter.ts';
import { hasInferredResource } from './inferred-resource.ts';

/**
 * Which access tokens are for userinfo. A JWT for an API has a second audience, the userinfo endpoint, when the request had `openid` and
 * left out `resource`: applications that ask for an API by its scopes expect to call userinfo with the same token.
 *
 * That is an exception to RFC 9068 §3 and RFC 8707 §3, by which a token for two audiences is avoided: the API could present the token at
 * userinfo. There it gets the claims that the person granted to the client, and nothing else accepts the token. `userinfo: false` of an
 * API, and `resource` of a request, turn it off.
 */

/** As in discovery. */
export function userinfoEndpoint({ issuer }: Pick<Config, 'issuer'>): string {
  return issuerUrl(issuer, PATHS.userinfo);
}

/**
 * Adds the userinfo endpoint to the audience of a JWT, and the OpenID scopes to its scope and that of the response.
 *
 * `scope` of a response is never empty (RFC 6749 §3.3), and without it the scopes would be as requested (§5.1). So for a token that has no
 * scope of its API, the response has the OpenID scopes that were granted beside it.
 * @param token is changed: the response has its scope
 * @param jwt is changed
 */
export function addUserinfoAudience(
  ctx: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
  jwt: JWTStructured,
  { apis, endpoint }: { apis: Apis; endpoint: string },
): void {
  if (token.kind !== 'AccessToken') return;
  const { entities, params, requestParamScopes } = ctx.oidc;
  const { Grant: grant } = entities;
  const source = sourceOf(ctx);
  if (source === undefined || grant === undefined) return;
  const requested = params?.scope === undefined ? source.scopes : requestParamScopes;
  const openid = grant.getOIDCScopeFiltered(new Set(requested));
  if (isForUserinfoToo(ctx, token, { apis, source, openid })) {
    const granted = new Set([...openid.split(' '), ...(token.scope?.split(' ') ?? [])]);
    token.scope = [...requested].filter((each) => granted.has(each)).join(' ');
    Object.assign(jwt.payload, { aud: [token.aud, endpoint], scope: token.scope });
  }
  token.scope ||= openid || undefined;
}

type Source = Parameters<typeof hasInferredResource>[0] & { scopes: ReadonlySet<string> };

/** What the token is issued for. The code of a hybrid response is issued beside the token. */
function sourceOf(ctx: KoaContextWithOIDC): Source | undefined {
  const { entities, claims, requestParamScopes } = ctx.oidc;
  if (isFrontChannelRequest(ctx)) return { claims, scopes: requestParamScopes };
  return entities.AuthorizationCode ?? entities.RefreshToken;
}

/** @param openid the OpenID scopes that are granted, of those requested */
function isForUserinfoToo(
  ctx: KoaContextWithOIDC,
  token: AccessToken,
  { apis, source, openid }: { apis: Apis; source: Source; openid: string },
): boolean {
  return (
    (isFrontChannelRequest(ctx) || !hasResource(ctx)) &&
    hasInferredResource(source) &&
    apiOf(token, apis)?.userinfo === true &&
    openid.split(' ').includes('openid')
  );
}

function apiOf({ aud }: AccessToken, { byAudience }: Apis): Api | undefined {
  return typeof aud === 'string' ? byAudience.get(aud) : undefined;
}
