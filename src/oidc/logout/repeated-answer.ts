import type { Context } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { DERIVED_PATHS, publicPath, resumePath } from '../../http/paths.ts';
import { addToQuery, redirectTo } from '../engine/redirect.ts';

/**
 * A repeated submission of “Sign out?”, after a double click or from the browser's history. The session has ended or has another id, so the
 * engine rejects the form. Nothing is left to end; the browser is redirected like after the first submission. The target is in a cookie,
 * which is an untrusted hint: only addresses that the client has registered are used.
 */

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
  ctx.cookies.set(ctx.cookieNames.logout, value, {
    path: publicPath(ctx, DERIVED_PATHS.end_session_confirm),
    maxAge: LIFETIME,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}

/** After an answer was rejected: redirects like the first answer did, unless there is a session to end, or no cookie. */
export async function redirectRepeatedLogout(ctx: Context): Promise<void> {
  const { session, provider, params } = (ctx as KoaContextWithOIDC).oidc;
  if (session === undefined) return;
  // A concurrent “Stay signed in” has been accepted; no page says that a session has ended which has not.
  const isAnswered = session.state === undefined && !isSignOut(params);
  if (session.accountId !== undefined && !isAnswered) return;
  const hint = readLogoutCookie(ctx);
  if (hint === undefined) return;
  const { clientId, postLogoutRedirectUri: address, state } = hint;
  const client = typeof clientId === 'string' ? await provider.Client.find(clientId) : undefined;
  const isReturn =
    isSignOut(params) &&
    typeof address === 'string' &&
    (isResumeAddress(ctx, address) || client?.postLogoutRedirectUriAllowed(address) === true);
  redirectTo(
    ctx,
    isReturn
      ? addToQuery(address, { state: typeof state === 'string' ? state : undefined })
      : addToQuery(ctx.origin + publicPath(ctx, DERIVED_PATHS.end_session_success), {
          client_id: client?.clientId,
        }),
  );
}

/** Whether the person chose to sign out, and not to stay signed in. */
export function isSignOut(params: Record<string, unknown> | undefined): boolean {
  return typeof params?.logout === 'string' && params.logout !== '';
}

/** Whether an authorization request resumes at an address. */
function isResumeAddress(ctx: Context, address: string): boolean {
  const resume = ctx.origin + resumePath(ctx, '');
  return address.startsWith(resume) && /^[\w-]{43}$/.test(address.slice(resume.length));
}

/** @returns undefined where this browser has not seen the question */
function readLogoutCookie(ctx: Context): Hint | undefined {
  const value = ctx.cookies.get(ctx.cookieNames.logout, { signed: false }) ?? '';
  try {
    const hint: unknown = JSON.parse(Buffer.from(value, 'base64url').toString());
    return typeof hint === 'object' && hint !== null ? hint : undefined;
  } catch {
    return undefined;
  }
}
