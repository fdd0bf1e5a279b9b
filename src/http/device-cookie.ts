import type { Context } from 'koa';

/** The cookie that identifies a browser in which an account has signed in before (`accounts/known-devices.ts`). */

export function readDeviceCookie(ctx: Context): string | undefined {
  return ctx.cookies.get(ctx.cookieNames.device, { signed: false });
}

/** @param lifetime seconds */
export function setDeviceCookie(ctx: Context, token: string, lifetime: number): void {
  ctx.cookies.set(ctx.cookieNames.device, token, {
    path: '/',
    maxAge: lifetime * 1000,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}
