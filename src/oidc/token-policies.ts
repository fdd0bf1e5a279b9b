import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { clientSettings } from './client-settings.ts';

/** Who may ask about, revoke and use a token, beyond what the engine checks. */

/** Refresh tokens are their client's own affair. */
export const mayIntrospect = async (
  ctx: KoaContextWithOIDC,
  client: Client,
  token: { kind: string; clientId?: string | undefined },
): Promise<boolean> => {
  if (token.clientId === client.clientId) return true;
  if (token.kind === 'RefreshToken') return false;
  return (await ctx.oidc.provider.Client.find(token.clientId ?? '')) !== undefined;
};

/** RFC 7009 §2.1: a client revokes its own tokens. */
export const mayRevoke = (
  _ctx: unknown,
  client: Client,
  token: { clientId?: string | undefined },
): boolean => {
  if (token.clientId === client.clientId) return true;
  if (client.clientAuthMethod === 'none') return false;
  throw new errors.InvalidRequest('client is not authorized to revoke the presented token');
};

/**
 * What is looked at before a refresh token is used up. The engine looks at `resource` after that, and a mistake there must not cost the
 * token. One that outlives the session is good for as long as its client may have such.
 */
export function checkRefresh({ oidc }: KoaContextWithOIDC): void {
  const { RefreshToken: token } = oidc.entities;
  const outlives = token?.scopes.has('offline_access') ?? false;
  if (outlives && !(oidc.client && clientSettings(oidc.client).allowedScopes.has('offline_access'))) {
    throw new errors.InvalidGrant('the client may no longer act without a session');
  }
  const requested = oidc.params?.resource;
  const granted = [token?.resource ?? []].flat();
  if (requested !== undefined && !(typeof requested === 'string' && granted.includes(requested))) {
    throw new errors.InvalidTarget();
  }
}
