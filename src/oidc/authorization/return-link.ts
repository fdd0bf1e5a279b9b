import type { Context } from 'koa';

/**
 * What the browser remembers of an interaction when the server has forgotten it, so that someone who goes back to its page gets on: the
 * step that followed it, or the application that it was for. Only a hint, which anybody can change in their own browser: it leads to
 * pages of ours and to what a client has registered, and nowhere else.
 */
export interface ReturnLinkHint {
  /** `uid` of the interaction that followed. */
  step?: string;
  clientId?: string;
  /** Whether the application has got its answer. */
  finished?: boolean;
}

/** Milliseconds: a page may stay open over night. */
const LIFETIME = 24 * 60 * 60 * 1000;

/** @param uid of the interaction, at whose path alone the browser shows the hint */
export function setReturnLink(ctx: Context, uid: string, hint: ReturnLinkHint): void {
  const { finished = false, ...names } = hint;
  const parameters = new URLSearchParams({ ...names, ...(finished && { finished: 'yes' }) });
  const value = Buffer.from(parameters.toString()).toString('base64url');
  ctx.cookies.set(cookieName(ctx), value, {
    path: `/interaction/${uid}`,
    maxAge: LIFETIME,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}

export function readReturnLink(ctx: Context): ReturnLinkHint {
  const value = ctx.cookies.get(cookieName(ctx), { signed: false }) ?? '';
  const hint = new URLSearchParams(Buffer.from(value, 'base64url').toString());
  const [step, clientId] = [hint.get('step'), hint.get('clientId')];
  return {
    ...(step !== null && /^[\w-]{43}$/.test(step) && { step }),
    ...(clientId !== null && { clientId }),
    ...(hint.get('finished') === 'yes' && { finished: true }),
  };
}

/** Cookies with a path of their own can say `__Secure-` at most. */
function cookieName(ctx: Context): string {
  return ctx.secure ? '__Secure-signet_way_back' : 'signet_way_back';
}
