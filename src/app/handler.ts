import type { RequestListener } from 'node:http';
import type { Passwords } from '../accounts/credentials/password.ts';
import type { ClientAddress } from '../http/client-address.ts';
import { sessionFormToken } from '../http/csrf.ts';
import type { Quotas } from '../http/quotas.ts';
import type { Services } from '../http/services.ts';
import type { JobKind } from '../jobs/kind.ts';
import type { InteractionHandlers } from '../interactions/handlers.ts';
import type { LoginConcurrencyLimit } from '../interactions/login-concurrency-limit.ts';
import type { ClientSecretThrottle } from '../limits/client-secret-throttle.ts';
import type { ConsentMemory } from '../oidc/authorization/consent-memory.ts';
import { createEngine, type Engine, type EngineOptions } from '../oidc/create-engine.ts';
import type { DecryptionKeys } from '../signing/decryption/decryption-keys.ts';
import { type KeyRing, publishedWith } from '../signing/ring.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { Outbound } from '../outbound/outbound.ts';
import { middleware } from './middleware.ts';
import { routes } from './routes.ts';
import type { Site } from './site.ts';

/** What the handlers of all key rings of a process share. */
export interface HandlerParts extends Omit<Services, 'renderPage' | 'signedIn' | 'formToken' | 'bearer'> {
  site: Site;
  outbound: Outbound;
  consent: ConsentMemory;
  findClient: EngineOptions['findClient'];
  isClientCurrent: EngineOptions['isClientCurrent'];
  clientAddress: ClientAddress;
  isTrustedProxy: (address: string) => boolean;
  passwords: Passwords;
  loginConcurrencyLimit: LoginConcurrencyLimit;
  quotas: Quotas;
  secretThrottle: ClientSecretThrottle;
  sealer: Sealer;
  mailJobs: readonly JobKind[];
  decryption?: DecryptionKeys | undefined;
}

/** Answers requests, and executes jobs, with the keys of one ring. */
export interface Handler {
  readonly answer: RequestListener;
  readonly jobs: readonly JobKind[];
}

/** One engine, with the keys of one ring, behind the middleware and the route table. */
export function createHandler(parts: HandlerParts, { keys, published, algorithms }: KeyRing): Handler {
  const { config, accounts, site } = parts;
  const { renderPage, pageHeaders, assets } = site;
  const engine = createEngine({
    ...parts,
    findAccount: (id) => accounts.find(id),
    keys,
    published: publishedWith(published, parts.decryption?.published),
    algorithms,
    renderPage,
  });
  const services: Services = {
    ...parts,
    renderPage,
    signedIn: engine.signedIn,
    formToken: sessionFormToken(engine.sessionCookie),
    bearer: engine.bearer,
  };
  const table = routes({
    services,
    assets,
    loadInteractions: lazyInteractions(parts, engine),
    engineRoutes: engine.routes,
  });
  const front = middleware(table, { ...parts, issuer: config.issuer, pageHeaders, renderPage });
  return { answer: engine.listen(front), jobs: [...engine.jobs, ...parts.mailJobs] };
}

/** Loads the pages of interactions, with password hashing behind them, when a first browser asks for one. */
function lazyInteractions(parts: HandlerParts, { interactions }: Engine): () => Promise<InteractionHandlers> {
  return async () => {
    const { createAuthentication } = await import('../accounts/authentication.ts');
    const { createKnownDevices } = await import('../accounts/known-devices.ts');
    const { createInteractionHandlers } = await import('../interactions/handlers.ts');
    const { createSignInRecords } = await import('../interactions/sign-in-records.ts');
    const { createSignInSteps } = await import('../interactions/sign-in-steps.ts');
    const { config, store, passwords, clock, site } = parts;
    const { loginProtection: settings, lifetimes, mfa } = config;
    const { artifacts } = store;
    const deviceLifetime = settings.knownDevice;
    const devices = createKnownDevices({ artifacts, lifetime: deviceLifetime, clock });
    const records = createSignInRecords({ artifacts, clock, lifetime: lifetimes.interaction });
    return createInteractionHandlers({
      ...parts,
      interactions,
      authentication: createAuthentication({ store, devices, passwords, settings, clock }),
      steps: createSignInSteps({ ...parts, interactions, records, devices, mfa, deviceLifetime }),
      secondFactors: [],
      rememberDevice: mfa.rememberDevice,
      apis: config.apis,
      renderPage: site.renderPage,
    });
  };
}
