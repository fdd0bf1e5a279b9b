import type { Context } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';

/**
 * A repeated answer to “Sign out?”, after a double click or from the browser's history. The session has ended or has another id, so that
 * the engine does not find the question. Nothing is left to end; the browser is redirected to the target of the first answer. It keeps
 * that target in a cookie, which is a hint: only addresses that the client has registered are used.
 */

const CONFIRM = '/logout/confirm';
const GOODBYE = '/logout/success';

/** Milliseconds. */
const LIFETIME = 60 * 60 * 1000;

/** Characters. */
const MAX_COOKIE_LENGTH = 3000;

interface Hint {
  clientId?: unknown;
  postLogoutRedirectUri?: unknown;
  state?: unknown;
}

/** After the question, or the form that ends a session because someone else signs in. */
export function setLogoutCookie(ctx: Context): void {
  const { session } = (ctx as KoaContextWithOIDC).oidc;
  if (ctx.status !== 200 || session?.accountId === undefined) return;
  const { clientId, postLogoutRedirectUri, state } = (session.state ?? {}) as Hint;
  const value = Buffer.from(JSON.stringify({ clientId, postLogoutRedirectUri, state })).toString('base64url');
  if (value.length > MAX_COOKIE_LENGTH) return;
  ctx.cookies.set(cookieName(ctx), value, {
    path: CONFIRM,
    maxAge: LIFETIME,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}

/** After an answer was refused: redirects to the target of the first one, unless there is a session to end, or nothing was asked. */
export async function redirectRepeatedLogout(ctx: Context): Promise<void> {
  const { oidc } = ctx as KoaContextWithOIDC;
  const { session, provider } = oidc;
  if (ctx.status !== 400 || session === undefined || session.accountId !== undefined) return;
  const hint = recall(ctx);
  if (hint === undefined) return;
  const { clientId, postLogoutRedirectUri: address, state } = hint;
  const client = typeof clientId === 'string' ? await provider.Client.find(clientId) : undefined;
  // The goodbye of someone who stays signed in names it (`redirectAfterConfirmation`).
  if (client !== undefined) oidc.entity('Client', client);
  const isReturn =
    typeof address === 'string' &&
    (isOurs(address, ctx.origin) || client?.postLogoutRedirectUriAllowed(address) === true);
  const target = new URL(isReturn ? address : ctx.origin + GOODBYE);
  if (!isReturn && client !== undefined) target.searchParams.set('client_id', client.clientId);
  if (isReturn && typeof state === 'string') target.searchParams.set('state', state);
  ctx.status = 303;
  ctx.redirect(target.href);
}

/** The address where a sign-in resumes. */
function isOurs(address: string, origin: string): boolean {
  return address.startsWith(`${origin}/authorize/`) && /^[\w-]{43}$/.test(address.slice(origin.length + 11));
}

/** @returns undefined where this browser was not asked */
function recall(ctx: Context): Hint | undefined {
  const value = ctx.cookies.get(cookieName(ctx), { signed: false }) ?? '';
  try {
    const hint: unknown = JSON.parse(Buffer.from(value, 'base64url').toString());
    return typeof hint === 'object' && hint !== null ? hint : undefined;
  } catch {
    return undefined;
  }
}

/** Cookies with a path of their own can say `__Secure-` at most. */
function cookieName(ctx: Context): string {
  return ctx.secure ? '__Secure-signet_logout' : 'signet_logout';
}
