import { hash, randomBytes } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { issuerUrl } from '../../config/issuer.ts';
import { cookieNames } from '../../http/cookie-names.ts';
import { isFramed } from '../../http/navigation-guard.ts';
import { CHECK_SESSION_PATH } from '../../http/paths.ts';
import { createCheckSessionScript } from '../../pages/check-session-script.ts';
import type { AddToResponse } from '../engine/intercepted-provider.ts';
import type { Feature } from '../feature.ts';

/**
 * A page of an application learns without a request whether the session has changed (OpenID Connect Session Management 1.0). A cookie that
 * scripts can read has the browser state, a digest of the session's `uid`:
 *
 *     session_state = SHA-256(client_id, origin of the redirect URI, browser state, salt) "." salt
 *
 * The frame at `/check_session` computes the same from the cookie as it is now. Where a browser withholds the cookie from a frame of another
 * site, each session looks changed, and the application asks with `prompt=none` (§3.1).
 */
export const sessionManagement: Feature = {
  spec: ['OpenID Connect Session Management 1.0'],
  configure: ({ config: { logout, issuer } }) =>
    logout.sessionManagement
      ? { discovery: { check_session_iframe: issuerUrl(issuer, CHECK_SESSION_PATH) } }
      : {},
  routes: ({ config: { logout, issuer }, renderPage }) => {
    if (!logout.sessionManagement) return [];
    const scriptOf = createCheckSessionScript(cookieNames(issuer).browserState);
    return [
      {
        kind: 'page',
        path: CHECK_SESSION_PATH,
        name: 'check_session',
        framed: () => true,
        show: (ctx) => {
          const script = scriptOf();
          renderPage(ctx, 'check-session', { script }, { script, embedded: true });
        },
      },
    ];
  },
};

/** Adds `session_state` to the response to an authentication request (§2). */
export function addSessionState(issuer: string): AddToResponse {
  const { browserState: cookie } = cookieNames(issuer);
  return (ctx, redirectUri, parameters) => {
    const { client, session, params } = ctx.oidc;
    const state = session?.accountId === undefined ? undefined : browserState(session.uid);
    setBrowserState(ctx, cookie, state);
    const origin = URL.parse(redirectUri)?.origin;
    const { scope } = params ?? {};
    const isAuthentication = typeof scope === 'string' && scope.split(' ').includes('openid');
    if (state === undefined || client === undefined || !isAuthentication) return parameters;
    // The origin of an address that is no web page.
    if (origin === undefined || origin === 'null') return parameters;
    const salt = randomBytes(16).toString('hex');
    const digest = hash('sha256', `${client.clientId} ${origin} ${state} ${salt}`);
    return { ...parameters, session_state: `${digest}.${salt}` };
  };
}

/** Around a route that may end the session. */
export function forgetBrowserState(issuer: string): Middleware {
  const { browserState: cookie } = cookieNames(issuer);
  return async (ctx, next) => {
    await next();
    const session = (ctx as KoaContextWithOIDC).oidc.session as { accountId?: string; destroyed?: boolean };
    if (session?.destroyed === true || session?.accountId === undefined) {
      setBrowserState(ctx, cookie, undefined);
    }
  };
}

function browserState(uid: string): string {
  return hash('sha256', `browser state of ${uid}`, 'base64url');
}

/** @param state undefined without a session */
function setBrowserState(ctx: Context, name: string, state: string | undefined): void {
  if (ctx.cookies.get(name, { signed: false }) === state) return;
  // This cookie is sent in a frame of another site, and that of the session is not: such a frame says nothing about the session.
  if (state === undefined && isFramed(ctx) && ctx.get('Sec-Fetch-Site') === 'cross-site') return;
  ctx.cookies.set(name, state ?? null, {
    path: '/',
    httpOnly: false,
    // A frame of another site reads it. Without TLS, `None` is not allowed.
    sameSite: ctx.secure ? 'none' : 'lax',
    secure: ctx.secure,
    signed: false,
    overwrite: true,
  });
}
