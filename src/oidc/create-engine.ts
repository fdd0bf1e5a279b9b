import type { RequestListener } from 'node:http';
import type { Context, Middleware } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import type { Audit } from '../audit/audit.ts';
import { type ClientAddress } from '../http/client-address.ts';
import { pinOrigin } from '../http/host.ts';
import { navigationGuard, isSilentRequest } from '../http/navigation-guard.ts';
import { postToGetRedirect } from '../http/post-to-get-redirect.ts';
import type { SignedIn } from '../http/services.ts';
import { sessionLock } from '../http/session-lock.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { PublishedKeys } from '../signing/ring.ts';
import { resumeAnswers } from './authorization/engine-answers.ts';
import { createInteractions, type Interactions } from './authorization/interactions.ts';
import { reportEngineEvents } from './engine/events.ts';
import { CLOCK_TOLERANCE } from './engine/lifetimes.ts';
import { handOverForm } from './engine/request-body.ts';
import { findSignedIn } from './engine/signed-in.ts';
import { clientCredentials } from './grants/client-credentials.ts';
import { confirmationAnswers, logoutAnswers } from './logout/engine-answers.ts';
import { acceptRetiredHints } from './logout/retired-hints.ts';
import { createProvider, type ProviderOptions } from './provider.ts';
import { jwtTokenEndpoints } from './tokens/jwt-access-tokens.ts';

/**
 * The OAuth 2.0 and OpenID Connect engine (oidc-provider), with the middleware of Signet around its routes. Only `oidc/` knows oidc-provider.
 * The keys of an engine are fixed: for a rotation, another one is created beside it and takes its place.
 */
export interface Engine {
  /** Before or around the engine, by route. */
  readonly steps: EngineSteps;
  readonly interactions: Interactions;
  /** Name of the session cookie. */
  readonly sessionCookie: string;
  readonly signedIn: (ctx: Context) => Promise<SignedIn | undefined>;
  /** @param front what requests pass before the engine; called once */
  listen(front: Middleware): RequestListener;
}

/** Middleware by the engine's name of the route. */
export interface EngineSteps {
  readonly authorization: readonly Middleware[];
  readonly resume: readonly Middleware[];
  readonly end_session: readonly Middleware[];
  readonly end_session_confirm: readonly Middleware[];
  readonly end_session_success: readonly Middleware[];
  readonly token: readonly Middleware[];
  readonly introspection: readonly Middleware[];
  readonly revocation: readonly Middleware[];
  readonly pushed_authorization_request: readonly Middleware[];
}

export interface EngineOptions extends ProviderOptions {
  published: PublishedKeys;
  clientAddress: ClientAddress;
  /** Whether a client is registered, and is the one that it was. */
  isClientCurrent: (clientId: string, instance: unknown) => Promise<boolean>;
  log: Logger;
  audit: Audit;
  metrics: Metrics;
}

export function createEngine(options: EngineOptions): Engine {
  const { config, consent, log, audit, metrics, secretThrottle, clock } = options;
  const provider = createProvider(options);
  const development = config.mode === 'development';
  reportEngineEvents(provider, { log, audit, metrics, secretThrottle, development });
  pinOrigin(provider, config.issuer, options.clientAddress);
  const findAccount = (id: string): Promise<Account | undefined> => options.findAccount(id);
  return {
    steps: engineSteps(provider, options),
    interactions: createInteractions(provider, consent, config.apis, clock),
    sessionCookie: provider.cookieName('session'),
    signedIn: (ctx) => findSignedIn(ctx, provider, findAccount),
    listen(front) {
      provider.use(front);
      const handle = provider.callback();
      // Never rejects: koa answers for every error.
      return (request, response) => void handle(request, response);
    },
  };
}

type Provider = ReturnType<typeof createProvider>;

function engineSteps(provider: Provider, options: EngineOptions): EngineSteps {
  const { renderPage, published } = options;
  const sessionCookie = provider.cookieName('session');
  const lock = sessionLock(sessionCookie);
  const redirectPosts = postToGetRedirect(renderPage, sessionCookie);
  const tokens = jwtTokenEndpoints(tokenOptions(provider, options));
  return {
    // Guarded once more: what a large form asks for is known only now.
    authorization: [redirectPosts, navigationGuard(isSilentRequest), lock],
    resume: [lock, resumeAnswers(renderPage)],
    end_session: [redirectPosts, acceptRetiredHints(published), lock, logoutAnswers()],
    end_session_confirm: [lock, confirmationAnswers()],
    end_session_success: [lock],
    token: [clientCredentials(machineTokenOptions(provider, options)), handOverForm()],
    introspection: [tokens, handOverForm()],
    revocation: [tokens, handOverForm()],
    pushed_authorization_request: [handOverForm()],
  };
}

function machineTokenOptions(
  provider: Provider,
  options: EngineOptions,
): Parameters<typeof clientCredentials>[0] {
  const { config, secretThrottle, keys, audit, metrics, clock } = options;
  const { issuer, apis, lifetimes } = config;
  return {
    issuer,
    provider,
    secretThrottle,
    apis,
    lifetime: lifetimes.accessToken,
    keys,
    audit,
    metrics,
    clock,
  };
}

function tokenOptions(provider: Provider, options: EngineOptions): Parameters<typeof jwtTokenEndpoints>[0] {
  const { config, published, store, audit, isClientCurrent } = options;
  return {
    issuer: config.issuer,
    keys: published.keys,
    artifacts: store.artifacts,
    audit,
    apis: config.apis,
    findClient: (id) => provider.Client.find(id),
    isGrantActive: async (id) => (await provider.Grant.find(id)) !== undefined,
    isClientCurrent,
    clockTolerance: CLOCK_TOLERANCE,
  };
}
