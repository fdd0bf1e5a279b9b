import { inboxRoutes } from '../account-pages/development-inbox.ts';
import type { AccountPages } from '../account-pages/account-pages.ts';
import { accountRoutes } from '../account-pages/account-routes.ts';
import { enrolmentRoute } from '../account-pages/enrolment.ts';
import { homeRoute } from '../account-pages/home.ts';
import { recoveryRoutes } from '../account-pages/recovery/routes.ts';
import { signedInRoute } from '../account-pages/require-person.ts';
import { clientLogoRoute } from '../http/client-logo.ts';
import type { Route } from '../http/route.ts';
import type { Services } from '../http/services.ts';
import { interactionRoutes } from '../interactions/routes.ts';
import type { InteractionHandlers } from '../interactions/handlers.ts';
import type { Assets } from '../pages/assets.ts';

/** What single routes need, beside the services that all may use. */
export interface RouteOptions {
  services: Services;
  assets: Assets;
  loadInteractions: () => Promise<InteractionHandlers>;
  loadAccountPages: () => Promise<AccountPages>;
  /** The rows of the protocol features (`oidc/provider.ts`). */
  engineRoutes: readonly Route[];
}

/**
 * The route table: every path of the server. `http/route.ts` describes the kinds. A row without `show` or `answer` is answered by the
 * engine, whose route has the same name.
 */
export function routes({
  services,
  assets,
  loadInteractions,
  loadAccountPages,
  engineRoutes,
}: RouteOptions): Route[] {
  return [
    homeRoute(services),
    ...recoveryRoutes(services),
    signedInRoute(),
    enrolmentRoute(services),
    ...inboxRoutes(services),
    ...accountRoutes(services, loadAccountPages),
    ...interactionRoutes(loadInteractions, services.config),
    ...engineRoutes,
    clientLogoRoute(services),
    { kind: 'file', path: '/assets/:file', name: 'assets', answer: assets.middleware },
    { kind: 'file', path: '/favicon.ico', name: 'favicon', answer: assets.favicon },
  ];
}
