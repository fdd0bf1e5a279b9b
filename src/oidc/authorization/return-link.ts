import type { Context } from 'koa';
import { interactionPath } from '../../http/paths.ts';

/**
 * A cookie that outlives an interaction, so that its page can link to what followed: the next step, or the application. It is an untrusted
 * hint: it selects among our own pages and the addresses that a client has registered.
 */
export interface ReturnLinkHint {
  /** `uid` of the interaction that followed. */
  step?: string;
  clientId?: string;
  /** Whether the application has got its answer. */
  finished?: boolean;
}

/** Milliseconds: pages stay open overnight. */
const LIFETIME = 24 * 60 * 60 * 1000;

/** @param uid of the interaction, at whose path alone the browser shows the hint */
export function setReturnLink(ctx: Context, uid: string, hint: ReturnLinkHint): void {
  const { finished = false, ...names } = hint;
  const parameters = new URLSearchParams({ ...names, ...(finished && { finished: 'yes' }) });
  const value = Buffer.from(parameters.toString()).toString('base64url');
  ctx.cookies.set(ctx.cookieNames.returnLink, value, {
    path: interactionPath(ctx, uid),
    maxAge: LIFETIME,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}

export function readReturnLink(ctx: Context): ReturnLinkHint {
  const value = ctx.cookies.get(ctx.cookieNames.returnLink, { signed: false }) ?? '';
  const hint = new URLSearchParams(Buffer.from(value, 'base64url').toString());
  const [step, clientId] = [hint.get('step'), hint.get('clientId')];
  return {
    ...(step !== null && /^[\w-]{43}$/.test(step) && { step }),
    ...(clientId !== null && { clientId }),
    ...(hint.get('finished') === 'yes' && { finished: true }),
  };
}
