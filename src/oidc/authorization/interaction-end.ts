import type { Context } from 'koa';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { clearRequestCookie } from './request-cookie.ts';

/** Another request went on with this interaction at the same moment. */
export class AlreadyResumedError extends errors.SessionNotFound {
  constructor() {
    super('the interaction was resumed by a concurrent request');
  }
}

export interface EndedInteraction {
  uid: string;
  /** `uid` of the interaction that follows it, where one does. */
  next: string | undefined;
  /** The client that got the answer, where none follows. */
  answered: string | undefined;
}

/**
 * After the engine has answered at `/authorize/{uid}`: the interaction that it ended there, if it did. It takes back one of the
 * cookies itself; the others go here.
 */
export function endedInteraction(ctx: Context): EndedInteraction | undefined {
  const { oidc } = ctx as Partial<KoaContextWithOIDC>;
  const set = cookiesSet(ctx);
  const resume = oidc?.provider.cookieName('resume');
  if (oidc === undefined || !set.some((cookie) => cookie.startsWith(`${resume}=;`))) return undefined;
  const [, , uid = ''] = ctx.path.split('/');
  const [, next] = /^\/interaction\/([\w-]{43})$/.exec(ctx.response.get('Location')) ?? [];
  const path = `/interaction/${uid}`;
  clearInteractionCookie(ctx, oidc.provider, uid);
  clearRequestCookie(ctx, ctx.path);
  // The last one stays, for people who come back to its page: see `same-request.ts`.
  if (next !== undefined) clearRequestCookie(ctx, path);
  // Before that of the next interaction: simple clients tell cookies apart by their names alone.
  ctx.set('Set-Cookie', [...cookiesSet(ctx).slice(set.length), ...set]);
  const isAnswered = next === undefined && ctx.status < 400;
  return { uid, next, answered: isAnswered ? oidc.client?.clientId : undefined };
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
  ctx.cookies.set(provider.cookieName('interaction'), null, { path, signed: false, sameSite: 'lax' });
}
