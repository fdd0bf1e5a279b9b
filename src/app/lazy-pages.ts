import type { AccountPages } from '../account-pages/account-pages.ts';
import type { Deletions } from '../accounts/deletion.ts';
import type { NewPeople } from '../accounts/sign-up/new-people.ts';
import type { Passwords } from '../accounts/credentials/password.ts';
import type { Services } from '../http/services.ts';
import type { InteractionHandlers } from '../interactions/handlers.ts';
import type { LoginConcurrencyLimit } from '../interactions/login-concurrency-limit.ts';
import type { Engine } from '../oidc/create-engine.ts';
import type { LoadedAuthentication } from './authentication.ts';
import type { Site } from './site.ts';

/**
 * The pages for people, with password hashing and templates behind them, are loaded when a first browser asks for one: most processes answer
 * a program first.
 */

type SharedServices =
  | 'config'
  | 'store'
  | 'clock'
  | 'log'
  | 'metrics'
  | 'audit'
  | 'accounts'
  | 'logos'
  | 'mail';

/** What the pages need beside the services of all routes. */
export interface PageParts extends Pick<Services, SharedServices> {
  site: Site;
  passwords: Passwords;
  newPeople: NewPeople;
  loginConcurrencyLimit: LoginConcurrencyLimit;
  loadAuthentication: () => Promise<LoadedAuthentication>;
}

/** The pages of interactions. */
export function lazyInteractions(
  parts: PageParts,
  { interactions }: Engine,
  deletions: Deletions,
): () => Promise<InteractionHandlers> {
  return async () => {
    const { createInteractionHandlers } = await import('../interactions/handlers.ts');
    const { createSignInRecords } = await import('../interactions/sign-in-records.ts');
    const { createSignInSteps } = await import('../interactions/sign-in-steps.ts');
    const { signUpPages, signUpPolicy } = await import('./sign-up.ts');
    const { config, store, clock, site } = parts;
    const { lifetimes, loginProtection, mfa } = config;
    const { authentication, devices } = await parts.loadAuthentication();
    const records = createSignInRecords({
      artifacts: store.artifacts,
      clock,
      lifetime: lifetimes.interaction,
    });
    const deviceLifetime = loginProtection.knownDevice;
    return createInteractionHandlers({
      ...parts,
      interactions,
      deletions,
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

/** The pages at which people manage their accounts. */
export function lazyAccountPages(
  parts: PageParts,
  services: Services,
  deletions: Deletions,
): () => Promise<AccountPages> {
  return async () => {
    const { createAccountPages } = await import('../account-pages/account-pages.ts');
    const { site, passwords } = parts;
    const { authentication } = await parts.loadAuthentication();
    return createAccountPages({
      ...services,
      deletions,
      languages: site.messages.languages,
      passwords,
      authentication,
    });
  };
}
