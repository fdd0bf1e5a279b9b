import type { RequestListener } from 'node:http';
import type { NewPeople } from '../accounts/sign-up/new-people.ts';
import { mailConfirmation } from '../account-pages/recovery/confirmation.ts';
import { createRequirePerson } from '../account-pages/require-person.ts';
import { enrolmentPermits } from '../account-pages/enrolment.ts';
import { accountRemoval, createDeletions } from '../accounts/deletion.ts';
import { grantLifetime } from '../oidc/engine/lifetimes.ts';
import type { Passwords } from '../accounts/credentials/password.ts';
import type { ClientAddress } from '../http/client-address.ts';
import { sessionFormToken } from '../http/csrf.ts';
import type { Quotas } from '../http/quotas.ts';
import type { Services } from '../http/services.ts';
import type { JobKind } from '../jobs/kind.ts';
import type { LoginConcurrencyLimit } from '../interactions/login-concurrency-limit.ts';
import type { ClientSecretThrottle } from '../limits/client-secret-throttle.ts';
import type { ConsentMemory } from '../oidc/authorization/consent-memory.ts';
import { createEngine, type EngineOptions } from '../oidc/create-engine.ts';
import type { DecryptionKeys } from '../signing/decryption/decryption-keys.ts';
import { type KeyRing, publishedWith } from '../signing/ring.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { LoadedAuthentication } from './authentication.ts';
import { lazyAccountPages, lazyInteractions } from './lazy-pages.ts';
import { middleware } from './middleware.ts';
import { routes } from './routes.ts';
import type { Site } from './site.ts';

/** What the handlers of all key rings of a process share. */
export interface HandlerParts
  extends Omit<
    Services,
    'renderPage' | 'signedIn' | 'requirePerson' | 'renewSession' | 'formToken' | 'bearer' | 'pendingApp'
  > {
  site: Site;
  outbound: Outbound;
  consent: ConsentMemory;
  findClient: EngineOptions['findClient'];
  isClientCurrent: EngineOptions['isClientCurrent'];
  clientAddress: ClientAddress;
  isTrustedProxy: (address: string) => boolean;
  passwords: Passwords;
  loadAuthentication: () => Promise<LoadedAuthentication>;
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
  const { renderPage, messages, pageHeaders, assets } = site;
  const engine = createEngine({
    ...parts,
    findAccount: (id) => accounts.find(id),
    keys,
    published: publishedWith(published, parts.decryption?.published),
    algorithms,
    renderPage,
    languages: messages.languages,
  });
  const services: Services = {
    ...parts,
    renderPage,
    signedIn: engine.signedIn,
    pendingApp: (ctx, uid) => engine.interactions.linkOfPending(ctx, uid),
    requirePerson: createRequirePerson({
      ...parts,
      signedIn: engine.signedIn,
      mayEnrol: enrolmentPermits(parts),
      confirmation: mailConfirmation(parts),
    }),
    renewSession: engine.renewSession,
    formToken: sessionFormToken(engine.sessionCookie),
    bearer: engine.bearer,
  };
  const deletions = createDeletions({
    ...parts,
    delay: config.account.deletionDelay,
    revocationLifetime: grantLifetime(config.lifetimes),
    issuer: config.issuer,
  });
  const table = routes({
    services,
    assets,
    loadInteractions: lazyInteractions(parts, engine, deletions),
    loadAccountPages: lazyAccountPages(parts, services, deletions),
    engineRoutes: engine.routes,
  });
  const front = middleware(table, { ...parts, issuer: config.issuer, pageHeaders, renderPage });
  return {
    answer: engine.listen(front),
    jobs: [
      ...engine.jobs,
      ...parts.mailJobs,
      accountRemoval(parts),
      parts.passwordResets.job,
      parts.emailSignIns.job,
      ...parts.newPeople.jobs,
    ],
  };
}
