import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';

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

/** The engine uses up the refresh token before it looks at `resource`; a mistake there must not cost it. */
export function checkRefreshResource({ oidc }: KoaContextWithOIDC): void {
  const requested = oidc.params?.resource;
  const granted = [oidc.entities.RefreshToken?.resource ?? []].flat();
  if (requested !== undefined && !(typeof requested === 'string' && granted.includes(requested))) {
    throw new errors.InvalidTarget();
  }
}
