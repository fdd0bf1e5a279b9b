import type { RequestListener } from 'node:http';
import type { Authentication } from '../accounts/authentication.ts';
import { mayEnrolByPassword } from '../accounts/enrolment-permit.ts';
import type { KnownDevices } from '../accounts/known-devices.ts';
import type { NewPeople } from '../accounts/sign-up/new-people.ts';
import { mailConfirmation } from '../account-pages/recovery/confirmation.ts';
import { createRequirePerson } from '../account-pages/require-person.ts';
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
export interface HandlerParts
  extends Omit<
    Services,
    'renderPage' | 'signedIn' | 'requirePerson' | 'formToken' | 'bearer' | 'pendingApp' | 'authentication'
  > {
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
  newPeople: NewPeople;
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
    pendingApp: (ctx, uid) => engine.interactions.linkOfPending(ctx, uid),
    authentication: async () => (await loadAuthentication(parts)).authentication,
    requirePerson: createRequirePerson({
      ...parts,
      signedIn: engine.signedIn,
      mayEnrol: (_ctx, account) => Promise.resolve(mayEnrolByPassword(account, parts.clock)),
      confirmation: mailConfirmation(parts),
    }),
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
  return {
    answer: engine.listen(front),
    jobs: [...engine.jobs, ...parts.mailJobs, parts.passwordResets.job, ...parts.newPeople.jobs],
  };
}

/** The check of names and passwords, and the devices that it knows. */
async function loadAuthentication({
  config,
  store,
  passwords,
  clock,
}: HandlerParts): Promise<{ authentication: Authentication; devices: KnownDevices }> {
  const { createAuthentication } = await import('../accounts/authentication.ts');
  const { createKnownDevices } = await import('../accounts/known-devices.ts');
  const { loginProtection: settings } = config;
  const devices = createKnownDevices({ artifacts: store.artifacts, lifetime: settings.knownDevice, clock });
  return { authentication: createAuthentication({ store, devices, passwords, settings, clock }), devices };
}

/** Loads the pages of interactions, with password hashing behind them, when a first browser asks for one. */
function lazyInteractions(parts: HandlerParts, { interactions }: Engine): () => Promise<InteractionHandlers> {
  return async () => {
    const { createInteractionHandlers } = await import('../interactions/handlers.ts');
    const { createSignInRecords } = await import('../interactions/sign-in-records.ts');
    const { createSignInSteps } = await import('../interactions/sign-in-steps.ts');
    const { signUpPages, signUpPolicy } = await import('./sign-up.ts');
    const { authentication, devices } = await loadAuthentication(parts);
    const { config, store, clock, site } = parts;
    const { loginProtection, lifetimes, mfa } = config;
    const { artifacts } = store;
    const deviceLifetime = loginProtection.knownDevice;
    const records = createSignInRecords({ artifacts, clock, lifetime: lifetimes.interaction });
    return createInteractionHandlers({
      ...parts,
      interactions,
      authentication,
      steps: createSignInSteps({
        ...parts,
        ...signUpPolicy(parts),
        interactions,
        records,
        devices,
        mfa,
        deviceLifetime,
      }),
      ...signUpPages(parts),
      secondFactors: [],
      rememberDevice: mfa.rememberDevice,
      apis: config.apis,
      renderPage: site.renderPage,
    });
  };
}
