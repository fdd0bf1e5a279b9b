import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

/**
 * Sign-out without a question, where the ID token of this very session came along (OpenID Connect RP-Initiated Logout 1.0 §2 and §4).
 */

/** Every ID token names its session; the engine does so for clients with a back-channel logout URI only. */
export function includeSidInIdTokens(provider: Provider): void {
  const client = provider.Client.prototype as unknown as { includeSid(): boolean };
  client.includeSid = () => true;
}

/**
 * Whether the `id_token_hint` of a request, which the engine has verified, was issued in the session of this browser. HEAD changes nothing
 * (RFC 9110 §9.2.1); a prefetch does not get here (`http/navigations-only.ts`).
 */
export function idTokenHintMatchesSession(ctx: KoaContextWithOIDC): boolean {
  const { client, entities, session } = ctx.oidc;
  const { sub, sid } = entities.IdTokenHint?.payload ?? {};
  if (client === undefined || session?.accountId === undefined || typeof sid !== 'string') return false;
  if (ctx.method === 'HEAD') return false;
  const { authorizations = {} } = session;
  if (!Object.hasOwn(authorizations, client.clientId)) return false;
  return sub === session.accountId && sid === authorizations[client.clientId]?.sid;
}

/** Ends the session of a request with the grants that end with it, as the engine does after its question. */
export async function endSession(ctx: KoaContextWithOIDC): Promise<void> {
  const { provider, session } = ctx.oidc;
  if (session === undefined) return;
  const { adapter } = provider.Grant as unknown as { adapter: { destroy(id: string): Promise<void> } };
  await Promise.all(
    Object.values(session.authorizations ?? {}).map(async ({ grantId, persistsLogout }) => {
      if (grantId === undefined || persistsLogout === true) return;
      await adapter.destroy(grantId);
      provider.emit('grant.revoked', ctx, grantId);
    }),
  );
  await session.destroy();
  dropSessionCookie(ctx);
  provider.emit('end_session.success', ctx);
}

export function dropSessionCookie(ctx: KoaContextWithOIDC): void {
  const name = ctx.oidc.provider.cookieName('session');
  ctx.cookies.set(name, null, { signed: false, overwrite: true, sameSite: 'lax' });
}
