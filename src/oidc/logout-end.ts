import type { Context } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';

/**
 * The answer to “Sign out?” that comes once more: the button was pressed twice, or someone went back to the question. The session has ended
 * or has another id, so that the engine knows nothing of the question any more. There is nothing left to end; the browser goes
 * where the first answer led. It remembers that itself, as a hint which leads to what the client has registered and nowhere else.
 */

const CONFIRM = '/logout/confirm';
const GOODBYE = '/logout/success';

/** Milliseconds. */
const LIFETIME = 60 * 60 * 1000;

/** Characters. */
const LONGEST = 3000;

interface Hint {
  clientId?: unknown;
  postLogoutRedirectUri?: unknown;
  state?: unknown;
}

/** After the question was shown, or the form was made by which signing in as someone else ends the session. */
export function rememberLogout(ctx: Context): void {
  const { session } = (ctx as KoaContextWithOIDC).oidc;
  if (ctx.status !== 200 || session?.accountId === undefined) return;
  const { clientId, postLogoutRedirectUri, state } = (session.state ?? {}) as Hint;
  const value = Buffer.from(JSON.stringify({ clientId, postLogoutRedirectUri, state })).toString('base64url');
  if (value.length > LONGEST) return;
  ctx.cookies.set(cookieName(ctx), value, {
    path: CONFIRM,
    maxAge: LIFETIME,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}

/** After an answer was refused: on to where the first one led, unless there is a session that it may be about. */
export async function repeatLogout(ctx: Context): Promise<void> {
  const { session, provider } = (ctx as KoaContextWithOIDC).oidc;
  if (ctx.status !== 400 || session === undefined || session.accountId !== undefined) return;
  const { clientId, postLogoutRedirectUri: address, state } = recall(ctx);
  const client = typeof clientId === 'string' ? await provider.Client.find(clientId) : undefined;
  const isReturn =
    typeof address === 'string' &&
    (isOurs(address, ctx.origin) || client?.postLogoutRedirectUriAllowed(address) === true);
  const target = new URL(isReturn ? address : ctx.origin + GOODBYE);
  if (!isReturn && client !== undefined) target.searchParams.set('client_id', client.clientId);
  if (isReturn && typeof state === 'string') target.searchParams.set('state', state);
  ctx.status = 303;
  ctx.redirect(target.href);
}

/** Where a sign-in goes on. */
function isOurs(address: string, origin: string): boolean {
  return address.startsWith(`${origin}/authorize/`) && /^[\w-]{43}$/.test(address.slice(origin.length + 11));
}

function recall(ctx: Context): Hint {
  const value = ctx.cookies.get(cookieName(ctx), { signed: false }) ?? '';
  try {
    return (JSON.parse(Buffer.from(value, 'base64url').toString()) ?? {}) as Hint;
  } catch {
    return {};
  }
}

/** Cookies with a path of their own can say `__Secure-` at most. */
function cookieName(ctx: Context): string {
  return ctx.secure ? '__Secure-signet_logout' : 'signet_logout';
}
