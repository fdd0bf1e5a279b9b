import type { Context } from 'koa';

/** The cookie that identifies a browser in which an account has signed in before (`accounts/known-devices.ts`). */

export function readDeviceCookie(ctx: Context): string | undefined {
  return ctx.cookies.get(cookieName(ctx), { signed: false });
}

/** @param lifetime seconds */
export function setDeviceCookie(ctx: Context, token: string, lifetime: number): void {
  ctx.cookies.set(cookieName(ctx), token, {
    path: '/',
    maxAge: lifetime * 1000,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}

function cookieName(ctx: Context): string {
  return ctx.secure ? '__Host-signet_device' : 'signet_device';
}
