import type { KoaContextWithOIDC } from 'oidc-provider';
import { STANDARD_SCOPES } from '../../config/standard-scopes.ts';

/**
 * How the `scope` of a refresh is narrowed:
 * - `userinfo`: it keeps `openid` and leaves out each scope of an API. The token is opaque, like that of an authorization request with
 *   these scopes.
 * - `nothing`: it leaves out each scope of an API, and is for no other token either.
 * @returns undefined for a refresh that is for an API
 */
export function narrowedRefresh({ oidc }: KoaContextWithOIDC): 'userinfo' | 'nothing' | undefined {
  const { params, entities, requestParamScopes } = oidc;
  const { RefreshToken: token } = entities;
  if (token === undefined || params?.scope === undefined) return undefined;
  if (!hasApiScope(token.scopes) || hasApiScope(requestParamScopes)) return undefined;
  return params.resource === undefined && requestParamScopes.has('openid') ? 'userinfo' : 'nothing';
}

function hasApiScope(scopes: ReadonlySet<string>): boolean {
  return [...scopes].some((scope) => !STANDARD_SCOPES.has(scope));
}
