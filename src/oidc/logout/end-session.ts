import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Subjects } from '../engine/subjects.ts';
import { override } from '../overrides.ts';

/**
 * Sign-out without a question, where the request has an ID token of this session (OpenID Connect RP-Initiated Logout 1.0 §2 and §4).
 */

/** Puts `sid` into every ID token; the engine does so only for clients with a back-channel logout URI. */
export function includeSidInIdTokens(provider: Provider): void {
  override<() => boolean>(provider, 'Client.prototype.includeSid', () => () => true);
}

/**
 * Whether the `id_token_hint` of a request, which the engine has verified, was issued in the session of this browser. HEAD changes nothing
 * (RFC 9110 §9.2.1); a prefetch is rejected earlier (`http/navigation-guard.ts`).
 */
export async function idTokenHintMatchesSession(
  ctx: KoaContextWithOIDC,
  subjects: Subjects,
): Promise<boolean> {
  const { client, entities, session } = ctx.oidc;
  const { sub, sid } = entities.IdTokenHint?.payload ?? {};
  if (client === undefined || session?.accountId === undefined || typeof sid !== 'string') return false;
  if (ctx.method === 'HEAD') return false;
  const { authorizations = {} } = session;
  if (!Object.hasOwn(authorizations, client.clientId)) return false;
  if (sid !== authorizations[client.clientId]?.sid) return false;
  return sub === (await subjects.of(client, session.accountId));
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
