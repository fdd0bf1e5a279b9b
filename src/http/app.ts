import type { Middleware } from 'koa';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { PublishedKeys } from '../signing/key-ring.ts';
import type { Assets } from './assets.ts';
import { enginePages } from './engine-pages.ts';
import { errorBoundary } from './errors.ts';
import { home } from './home.ts';
import { knownHost } from './issuer-origin.ts';
import { jwks, type OnKeysRead } from './jwks.ts';
import type { PageHeaders } from './page-security.ts';
import { requestLog } from './request-log.ts';
import { onlyKnownRoutes } from './routes.ts';
import type { ShowPage } from './show-page.ts';
import { transportHeaders } from './transport-headers.ts';

export interface AppOptions {
  issuer: string;

  demo: boolean;
  log: Logger;
  metrics: Metrics;
  published: PublishedKeys;
  /** Told who reads the keys. */
  onKeysRead: OnKeysRead;
  assets: Assets;
  pageHeaders: PageHeaders;
  showPage: ShowPage;
  /** Answers below `/interaction/`. */
  interactions: Middleware;
  /** Around the engine: introspection and revocation of JWT access tokens. */
  jwtAccessTokens: Middleware;
}

/** What every request passes, in order. The engine comes last and answers what is left. */
export function middleware(options: AppOptions): Middleware[] {
  const { issuer, log, metrics, showPage, pageHeaders } = options;
  return [
    requestLog(log, metrics),
    transportHeaders(issuer),
    errorBoundary(log, showPage),
    knownHost(issuer),
    onlyKnownRoutes(),
    jwks(options.published, options.onKeysRead),
    home(options),
    options.assets.middleware,
    below('/interaction/', options.interactions),
    enginePages(pageHeaders),
    options.jwtAccessTokens,
  ];
}

function below(prefix: string, inner: Middleware): Middleware {
  return (ctx, next) => (ctx.path.startsWith(prefix) ? inner(ctx, next) : next());
}
