import type { Context } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';

export interface EndedInteraction {
  uid: string;
  /** `uid` of the interaction that follows it, where one does. */
  next: string | undefined;
}

/**
 * After the engine has answered at `/authorize/{uid}`: the interaction that it ended there, if it did. It takes back one of the
 * two cookies itself; the other, at the interaction's own path, goes here.
 */
export function endedInteraction(ctx: Context): EndedInteraction | undefined {
  const { oidc } = ctx as Partial<KoaContextWithOIDC>;
  const set = cookiesSet(ctx);
  const resume = oidc?.provider.cookieName('resume');
  if (oidc === undefined || !set.some((cookie) => cookie.startsWith(`${resume}=;`))) return undefined;
  const [, , uid = ''] = ctx.path.split('/');
  clearInteractionCookie(ctx, oidc.provider, uid);
  // Before that of the next interaction: simple clients tell cookies apart by their names alone.
  ctx.set('Set-Cookie', [...cookiesSet(ctx).slice(set.length), ...set]);
  const [, next] = /^\/interaction\/([\w-]{43})$/.exec(ctx.response.get('Location')) ?? [];
  return { uid, next };
}

function cookiesSet(ctx: Context): string[] {
  return [(ctx.response.get('Set-Cookie') as string | string[] | undefined) ?? []].flat();
}

export function clearInteractionCookie(
  ctx: Context,
  provider: Pick<KoaContextWithOIDC['oidc']['provider'], 'cookieName'>,
  uid: string,
): void {
  const path = `/interaction/${uid}`;
  ctx.cookies.set(provider.cookieName('interaction'), null, { path, signed: false });
}
