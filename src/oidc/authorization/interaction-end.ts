import type { Context } from 'koa';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { interactionPath, publicPath } from '../../http/paths.ts';
import { clearRequestCookie } from './request-cookie.ts';

/** A concurrent request has resumed this interaction. */
export class AlreadyResumedError extends errors.SessionNotFound {
  constructor() {
    super('the interaction was resumed by a concurrent request');
  }
}

export interface EndedInteraction {
  uid: string;
  /** `uid` of the interaction that follows it, where one does. */
  next: string | undefined;
  /** The client that got the response, where no interaction follows. */
  answered: string | undefined;
}

/**
 * Clears the cookies of an interaction that the engine has ended at `/authorize/{uid}`; the engine itself clears only one of them.
 * @returns undefined where no interaction has ended
 */
export function clearEndedInteraction(ctx: Context): EndedInteraction | undefined {
  const { oidc } = ctx as Partial<KoaContextWithOIDC>;
  const ofEngine = cookiesSet(ctx);
  const resume = oidc?.provider.cookieName('resume');
  if (oidc === undefined || !ofEngine.some((cookie) => cookie.startsWith(`${resume}=;`))) return undefined;
  const [, , uid = ''] = ctx.path.split('/');
  const next = nextInteraction(ctx);
  const path = interactionPath(ctx, uid);
  clearInteractionCookie(ctx, oidc.provider, uid);
  clearRequestCookie(ctx, publicPath(ctx, ctx.path));
  // The cookie of the last interaction stays, for people who return to its page (`repeat-request.ts`).
  if (next !== undefined) clearRequestCookie(ctx, path);
  // Before the cookie of the next interaction: simple clients identify cookies by name only.
  ctx.set('Set-Cookie', [...cookiesSet(ctx).slice(ofEngine.length), ...ofEngine]);
  const isAnswered = next === undefined && ctx.status < 400;
  return { uid, next, answered: isAnswered ? oidc.client?.clientId : undefined };
}

/** `uid` of the interaction that the response redirects to. */
function nextInteraction(ctx: Context): string | undefined {
  const location = ctx.response.get('Location');
  const [, uid = ''] = /\/([\w-]{43})$/.exec(location) ?? [];
  return location === interactionPath(ctx, uid) ? uid : undefined;
}

function cookiesSet(ctx: Context): string[] {
  return [(ctx.response.get('Set-Cookie') as string | string[] | undefined) ?? []].flat();
}

export function clearInteractionCookie(
  ctx: Context,
  provider: Pick<KoaContextWithOIDC['oidc']['provider'], 'cookieName'>,
  uid: string,
): void {
  const path = interactionPath(ctx, uid);
  ctx.cookies.set(provider.cookieName('interaction'), null, { path, signed: false, sameSite: 'lax' });
}
