import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import { scrub } from '../../observability/log.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { GrantHandler } from '../engine/intercepted-provider.ts';
import type { Apis } from './api-access.ts';
import { scopesOf } from './requested.ts';

/**
 * Narrows the scope of OpenID Connect requests to what their client is registered for. Many applications request every scope that
 * discovery lists, and scopes that are not understood should be ignored (OpenID Connect Core §3.1.2.1); `scope` of the token response says
 * what was granted (RFC 6749 §3.3).
 *
 * A request without `openid` is one of OAuth 2.0 and is not narrowed. Neither are `openid`, without which the request is another one, nor
 * the scopes of declared APIs: an application that needs one has to learn that it cannot have it. `scope.ts` rejects these.
 */

const OFFLINE_ACCESS = 'offline_access';

/** Characters in the log. */
const MAX_LOGGED = 200;

/** @returns the scopes of the request that stay, in its order */
function narrowed({ byScope }: Apis, client: Client, scopes: ReadonlySet<string>): string[] {
  const { allowedScopes } = clientSettings(client);
  return [...scopes].filter((scope) => scope === 'openid' || allowedScopes.has(scope) || byScope.has(scope));
}

/**
 * Narrows `scope` of an authorization request, or of a refresh, where applications repeat the scope of their authorization request.
 * Idempotent. The result is never empty, which would stand for all scopes of the grant.
 */
export function narrowScope(ctx: KoaContextWithOIDC, apis: Apis): void {
  const { params, client } = ctx.oidc;
  const scopes = scopesOf(ctx);
  if (params === undefined || client === undefined || !scopes.has('openid')) return;
  const left = narrowed(apis, client, scopes);
  if (left.length === scopes.size) return;
  params.scope = left.join(' ');
  const dropped = scopes.difference(new Set(left));
  // Text of the sender, which may be a token in the wrong place.
  ctx.state.narrowedScope = scrub([...dropped].join(' ')).slice(0, MAX_LOGGED);
}

/**
 * Leaves `offline_access` out of a refresh whose token does not have it. Without `prompt=consent` the authorization request was answered as
 * if it had not requested the scope (OpenID Connect Core §11), and some applications repeat its scope at each refresh. A request for this
 * scope alone is left as it is, and rejected. The token is read once: the grant finds it in the memo of the request.
 */
async function ignoreOfflineAccess(ctx: KoaContextWithOIDC): Promise<void> {
  const { params, provider } = ctx.oidc;
  const scopes = scopesOf(ctx);
  if (params === undefined || scopes.size < 2 || !scopes.has(OFFLINE_ACCESS)) return;
  const token = await provider.RefreshToken.find(String(params.refresh_token), { ignoreExpiration: true });
  if (token === undefined || token.scopes.has(OFFLINE_ACCESS)) return;
  params.scope = [...scopes].filter((scope) => scope !== OFFLINE_ACCESS).join(' ');
}

/** @param handler of the refresh token grant */
export function ignoringOfflineAccess(handler: GrantHandler): GrantHandler {
  return async (ctx) => {
    await ignoreOfflineAccess(ctx);
    await handler(ctx);
  };
}
