import type { Middleware } from 'koa';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { crossOrigin } from '../oidc/engine/cross-origin.ts';
import { retiredHints } from '../oidc/logout/retired-hints.ts';
import type { PublishedKeys } from '../signing/ring.ts';
import type { Assets } from '../pages/assets.ts';
import { at, below, byPath, type Concerns, everywhere } from '../http/by-path.ts';
import { sameSite } from '../http/csrf.ts';
import { enginePages } from '../oidc/engine/engine-pages.ts';
import { errorBoundary } from '../http/problem-responder.ts';
import { formRequests } from '../http/form-validation.ts';
import { home, type SignedIn } from '../account-pages/home.ts';
import { knownHost } from '../http/host.ts';
import { jwks, type OnKeysRead } from '../http/jwks.ts';
import { wellFormed } from '../http/malformed.ts';
import type { PageHeaders } from '../pages/csp.ts';
import { navigationsOnly, openedByPeople } from '../http/navigation-guard.ts';
import { postedRequests } from '../http/post-to-get-redirect.ts';
import { requestLog } from '../http/request-log.ts';
import { signInForms } from '../http/quotas.ts';
import { onlyKnownRoutes } from './routes.ts';
import { sessionTurns } from '../http/session-lock.ts';
import { pageDefaults, type ShowPage } from '../pages/render.ts';
import { transportHeaders } from '../http/headers.ts';

export interface AppOptions {
  issuer: string;
  demo: boolean;
  /** Origin of the sample app. */
  sampleApp: string;
  log: Logger;
  metrics: Metrics;
  published: PublishedKeys;
  /** Told who reads the keys. */
  onKeysRead: OnKeysRead;
  /** Steps that hold back who sends too much. */
  quotas: readonly (readonly [Concerns, Middleware])[];
  assets: Assets;
  pageHeaders: PageHeaders;
  showPage: ShowPage;
  /** Name of the session cookie. */
  sessionCookie: string;
  signedIn: SignedIn;
  /** Answers below `/interaction/`. */
  interactions: Middleware;
  /** Around the engine: the client credentials grant. */
  clientCredentials: Middleware;
  /** Around the engine: introspection and revocation of JWT access tokens. */
  jwtAccessTokens: Middleware;
}

/**
 * What requests pass, in order, with the paths that each step is about; the engine comes last and answers what is left. A path's own
 * list is put together once, so that a token request passes the steps that concern it and no others.
 */
export function middleware(options: AppOptions): Middleware {
  const { issuer, log, metrics, showPage, pageHeaders } = options;
  return byPath([
    [everywhere, requestLog(log, metrics)],
    [everywhere, transportHeaders(issuer)],
    [everywhere, errorBoundary(log, showPage)],
    [everywhere, wellFormed()],
    [everywhere, knownHost(issuer)],
    [everywhere, onlyKnownRoutes()],
    // What another site has a browser send is not on its user's account.
    [openedByPeople, navigationsOnly()],
    [signInForms, sameSite(options)],
    ...options.quotas,
    [at('/jwks'), jwks(options.published, options.onKeysRead)],
    [below('/interaction/', '/authorize', '/logout', '/favicon.ico'), pageDefaults(pageHeaders)],
    [at('/', '/favicon.ico'), home(options)],
    [below('/assets/'), options.assets.middleware],
    [below('/interaction/'), options.interactions],
    [at('/authorize', '/logout'), postedRequests(showPage, options.sessionCookie)],
    // Again: only now it is known what a large form asks for.
    [at('/authorize'), navigationsOnly()],
    [at('/logout'), retiredHints(options.published)],
    [at('/logout/confirm'), sameSite(options)],
    [below('/authorize', '/logout'), sessionTurns(options.sessionCookie)],
    [below('/authorize', '/logout'), enginePages(pageHeaders, showPage)],
    [at('/token'), options.clientCredentials],
    [at('/token', '/introspect', '/revoke', '/par', '/userinfo'), crossOrigin()],
    [at('/token', '/introspect', '/revoke', '/par'), formRequests()],
    [at('/introspect', '/revoke'), options.jwtAccessTokens],
  ]);
}
