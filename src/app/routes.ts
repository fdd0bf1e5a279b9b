import { homeRoute } from '../account-pages/home.ts';
import { jwksRoute, type OnKeysRead } from '../http/jwks.ts';
import { isSilentRequest } from '../http/navigation-guard.ts';
import { DERIVED_PATHS, DISCOVERY_PATHS, PATHS } from '../http/paths.ts';
import type { Route } from '../http/route.ts';
import type { Services } from '../http/services.ts';
import { interactionRoutes } from '../interactions/routes.ts';
import type { InteractionHandlers } from '../interactions/handlers.ts';
import type { EngineSteps } from '../oidc/create-engine.ts';
import type { Assets } from '../pages/assets.ts';
import type { PublishedKeys } from '../signing/ring.ts';

/** What single routes need, beside the services that all may use. */
export interface RouteOptions {
  services: Services;
  assets: Assets;
  published: PublishedKeys;
  onKeysRead: OnKeysRead;
  loadInteractions: () => Promise<InteractionHandlers>;
  /** Before the engine, by route. */
  steps: EngineSteps;
}

/**
 * The route table: every path there is. `http/route.ts` says what the kinds are. A row without `show` or `answer` is answered by the engine;
 * its name is then the engine's.
 */
// biome-ignore format: one row a line
export function routes({ services, assets, published, onKeysRead, loadInteractions, steps }: RouteOptions): Route[] {
  const discovery = (path: string): Route => ({ kind: 'json', path, name: 'discovery', answer: undefined });
  return [
    homeRoute(services),
    ...interactionRoutes(loadInteractions),
    { kind: 'page', path: PATHS.authorization, name: 'authorization', posts: 'anywhere', framed: isSilentRequest, quota: 'authorizationRequests', steps: steps.authorization },
    { kind: 'page', path: DERIVED_PATHS.resume, name: 'resume', steps: steps.resume },
    { kind: 'page', path: PATHS.end_session, name: 'end_session', posts: 'anywhere', framed: () => true, steps: steps.end_session },
    { kind: 'page', path: DERIVED_PATHS.end_session_confirm, name: 'end_session_confirm', posts: 'ours', postOnly: true, framed: () => true, steps: steps.end_session_confirm },
    { kind: 'page', path: DERIVED_PATHS.end_session_success, name: 'end_session_success', framed: () => true, steps: steps.end_session_success },
    { kind: 'form', path: PATHS.pushed_authorization_request, name: 'pushed_authorization_request', repeatable: ['resource'], quota: 'pushedRequests', steps: steps.pushed_authorization_request, answer: undefined },
    { kind: 'form', path: PATHS.token, name: 'token', repeatable: ['resource'], steps: steps.token, answer: undefined },
    { kind: 'form', path: PATHS.introspection, name: 'introspection', repeatable: ['resource'], steps: steps.introspection, answer: undefined },
    { kind: 'form', path: PATHS.revocation, name: 'revocation', repeatable: ['resource'], steps: steps.revocation, answer: undefined },
    { kind: 'api', path: PATHS.userinfo, name: 'userinfo', methods: ['GET', 'HEAD', 'POST', 'OPTIONS'], answer: undefined },
    ...DISCOVERY_PATHS.map(discovery),
    jwksRoute(published, onKeysRead),
    { kind: 'file', path: '/assets/:file', name: 'assets', answer: assets.middleware },
    { kind: 'file', path: '/favicon.ico', name: 'favicon', answer: assets.favicon },
  ];
}
