import type { RequestListener } from 'node:http';
import type { Context, Middleware } from 'koa';
import type { Provider } from 'oidc-provider';
import type { Account } from '../accounts/accounts.ts';
import type { Audit } from '../audit/audit.ts';
import type { ClientLogos } from '../clients/logos/logos.ts';
import { type ClientAddress } from '../http/client-address.ts';
import { pinOrigin } from '../http/host.ts';
import { postToGetRedirect } from '../http/post-to-get-redirect.ts';
import type { FormRoute, Route } from '../http/route.ts';
import type { RenewSession, SignedIn } from '../http/services.ts';
import { sessionLock } from '../http/session-lock.ts';
import type { JobKind } from '../jobs/kind.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { KeyRing } from '../signing/ring.ts';
import { createInteractions, type Interactions } from './authorization/interactions.ts';
import { acceptEmptySecret } from './client-auth/empty-secret.ts';
import { reportEngineEvents } from './engine/events.ts';
import { CLOCK_TOLERANCE } from './engine/lifetimes.ts';
import { createSessionRenewal } from './engine/renew-session.ts';
import { createSessionUse } from './engine/session-use.ts';
import { findSignedIn } from './engine/signed-in.ts';
import { sessionEndJobs } from './logout/session-end-jobs.ts';
import type { FeatureContext, ProviderOptions, RouteContext } from './feature.ts';
import { createProvider, featureContext, FEATURES } from './provider.ts';
import { type AccessTokens, createAccessTokens } from './tokens/access-token.ts';
import { createBearer, type RequireBearer } from './tokens/bearer.ts';
import { warnAboutLargeIdTokens } from './tokens/id-token-size.ts';
import { userinfoEndpoint } from './tokens/userinfo-audience.ts';
import { acceptApiTokens } from './tokens/userinfo-token.ts';

/**
 * `oidc/` is the protocol: the engine (oidc-provider), the features that configure and extend it (`provider.ts` has the list), and the members
 * of it that are replaced (`overrides.ts`), in a folder for each noun of the specifications (`authorization/`, `client-auth/`, `grants/`, `tokens/`,
 * `logout/`; `engine/` is the glue). Only this folder knows oidc-provider.
 *
 * It does not own the pages of an interaction (`interactions/`, through `Interactions`), HTML (`pages/`), the route table and the order of
 * middleware (`app/`), or records: accounts, clients, keys and artifacts come from `accounts/`, `clients/`, `signing/` and `store/`.
 */

/** The engine with the routes and services of its features. Its keys are fixed: for a rotation, another engine is created beside it. */
export interface Engine {
  /** The rows of all features. */
  readonly routes: readonly Route[];
  /** Of all features. */
  readonly jobs: readonly JobKind[];
  readonly interactions: Interactions;
  /** Name of the session cookie. */
  readonly sessionCookie: string;
  readonly signedIn: (ctx: Context) => Promise<SignedIn | undefined>;
  readonly renewSession: RenewSession;
  readonly bearer: RequireBearer;
  /** @param front middleware before the engine; called once */
  listen(front: Middleware): RequestListener;
}

export interface EngineOptions extends ProviderOptions, Pick<KeyRing, 'published' | 'algorithms'> {
  clientAddress: ClientAddress;
  /** Whether a client is registered, and is the given instance. */
  isClientCurrent: (clientId: string, instance: unknown) => Promise<boolean>;
  log: Logger;
  audit: Audit;
  metrics: Metrics;
  logos: Pick<ClientLogos, 'prepare'>;
}

export function createEngine(options: EngineOptions): Engine {
  const { config, consent, log, audit, metrics, secretThrottle, clock } = options;
  const context = featureContext(options);
  const provider = createProvider(context);
  const development = config.mode === 'development';
  const { lifetimes } = config;
  reportEngineEvents(provider, { log, audit, metrics, secretThrottle, development });
  warnAboutLargeIdTokens(provider, log);
  pinOrigin(provider, config.issuer, options.clientAddress);
  const accessTokens = accessTokensOf(provider, context, options);
  acceptApiTokens({ provider, accessTokens, apis: context.apis });
  const parts = routeContext(provider, context, options, accessTokens);
  const findAccount = (id: string): Promise<Account | undefined> => options.findAccount(id);
  const { issuer } = config;
  const { artifacts } = options.store;
  const endJobs = sessionEndJobs(context.sealer);
  const useSession = createSessionUse(provider, { artifacts, clock, issuer, lifetimes, endJobs });
  return {
    routes: routesOf(parts),
    jobs: FEATURES.flatMap((feature) => feature.jobs?.(parts) ?? []),
    interactions: createInteractions(provider, consent, config.apis, { clock, findAccount, lifetimes }),
    sessionCookie: provider.cookieName('session'),
    signedIn: (ctx) => findSignedIn(ctx, provider, findAccount, lifetimes, useSession),
    renewSession: createSessionRenewal(provider, { artifacts, clock, issuer }),
    bearer: createBearer(accessTokens, (id) => provider.Client.find(id)),
    listen(front) {
      provider.use(front);
      const handle = provider.callback();
      // Never rejects: koa answers for every error.
      return (request, response) => void handle(request, response);
    },
  };
}

function routeContext(
  provider: Provider,
  context: FeatureContext,
  { published, algorithms, audit, metrics, logos, renderPage }: EngineOptions,
  accessTokens: AccessTokens,
): RouteContext {
  const sessionCookie = provider.cookieName('session');
  return {
    ...context,
    provider,
    published,
    algorithms,
    audit,
    metrics,
    accessTokens,
    logos,
    lock: sessionLock(sessionCookie),
    redirectPosts: postToGetRedirect(renderPage, sessionCookie),
  };
}

function routesOf(parts: RouteContext): Route[] {
  const rows = FEATURES.flatMap((feature) => feature.routes?.(parts) ?? []);
  const emptySecrets = acceptEmptySecret(parts.provider);
  return rows.map((row) => (row.kind === 'form' ? withLastStep(row, emptySecrets) : row));
}

/** Where clients authenticate, whatever the feature. The last step is behind the short paths. */
function withLastStep(row: FormRoute, step: Middleware): FormRoute {
  return { ...row, steps: [...(row.steps ?? []), step] };
}

function accessTokensOf(
  provider: Provider,
  { config, apis, store, isSessionOver, clock }: FeatureContext,
  { published, isClientCurrent }: EngineOptions,
): AccessTokens {
  return createAccessTokens({
    issuer: config.issuer,
    keys: published.keys,
    artifacts: store.artifacts,
    isSessionOver,
    apis,
    findClient: (id) => provider.Client.find(id),
    userinfoEndpoint: userinfoEndpoint(config),
    findGrant: (id) => provider.Grant.find(id),
    isClientCurrent,
    clock,
    clockTolerance: CLOCK_TOLERANCE,
  });
}
