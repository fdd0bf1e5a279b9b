import type { RequestListener } from 'node:http';
import type { AccountPages } from '../account-pages/account-pages.ts';
import type { Passkeys } from '../accounts/credentials/passkeys.ts';
import type { Passwords } from '../accounts/credentials/password.ts';
import type { ClientAddress } from '../http/client-address.ts';
import { sessionFormToken } from '../http/csrf.ts';
import type { Quotas } from '../http/quotas.ts';
import { relyingParty } from '../config/relying-party.ts';
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
  extends Omit<Services, 'renderPage' | 'signedIn' | 'renewSession' | 'formToken' | 'bearer'> {
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
    renewSession: engine.renewSession,
    formToken: sessionFormToken(engine.sessionCookie),
    bearer: engine.bearer,
  };
  const table = routes({
    services,
    assets,
    loadInteractions: lazyInteractions(parts, engine),
    loadAccountPages: lazyAccountPages(parts, services),
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
    const { securityKeyFactor } = await import('../interactions/security-key-factor.ts');
    const { createSignInSteps } = await import('../interactions/sign-in-steps.ts');
    const { config, store, passwords, clock, site } = parts;
    const { loginProtection: settings, lifetimes, mfa } = config;
    const { artifacts } = store;
    const deviceLifetime = settings.knownDevice;
    const devices = createKnownDevices({ artifacts, lifetime: deviceLifetime, clock });
    const records = createSignInRecords({ artifacts, clock, lifetime: lifetimes.interaction });
    const passkeys = await openPasskeys(parts);
    return createInteractionHandlers({
      ...parts,
      interactions,
      authentication: createAuthentication({ store, devices, passwords, settings, clock }),
      steps: createSignInSteps({ ...parts, interactions, records, devices, mfa, deviceLifetime }),
      passkeys,
      secondFactors: passkeys === undefined ? [] : [securityKeyFactor(passkeys)],
      rememberDevice: mfa.rememberDevice,
      apis: config.apis,
      renderPage: site.renderPage,
    });
  };
}

/** Undefined where they are off. */
async function openPasskeys({ config, store, clock }: HandlerParts): Promise<Passkeys | undefined> {
  const party = relyingParty(config);
  if (party === undefined) return undefined;
  const { createPasskeys } = await import('../accounts/credentials/passkeys.ts');
  const challengeLifetime = config.lifetimes.interaction;
  return createPasskeys({ store, relyingParty: party, challengeLifetime, clock });
}

/** The same for the pages at which people manage their accounts. */
function lazyAccountPages(parts: HandlerParts, services: Services): () => Promise<AccountPages> {
  return async () => {
    const { createAuthentication } = await import('../accounts/authentication.ts');
    const { createKnownDevices } = await import('../accounts/known-devices.ts');
    const { createAccountPages } = await import('../account-pages/account-pages.ts');
    const { config, store, passwords, clock, site } = parts;
    const settings = config.loginProtection;
    const { artifacts } = store;
    const devices = createKnownDevices({ artifacts, lifetime: settings.knownDevice, clock });
    return createAccountPages({
      ...services,
      languages: site.languages,
      passwords,
      passkeys: await openPasskeys(parts),
      authentication: createAuthentication({ store, devices, passwords, settings, clock }),
    });
  };
}
