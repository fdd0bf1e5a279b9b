import type { AccountPages } from '../account-pages/account-pages.ts';
import type { Passkeys } from '../accounts/credentials/passkeys.ts';
import type { Deletions } from '../accounts/deletion.ts';
import type { NewPeople } from '../accounts/sign-up/new-people.ts';
import type { Passwords } from '../accounts/credentials/password.ts';
import { relyingParty } from '../config/relying-party.ts';
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
): () => Promise<InteractionHandlers> {
  return async () => {
    const { createInteractionHandlers } = await import('../interactions/handlers.ts');
    const { createSignInRecords } = await import('../interactions/sign-in-records.ts');
    const { securityKeyFactor } = await import('../interactions/security-key-factor.ts');
    const { createSignInSteps } = await import('../interactions/sign-in-steps.ts');
    const { signUpPages, signUpPolicy } = await import('./sign-up.ts');
    const { config, store, clock, site } = parts;
    const { lifetimes, loginProtection, mfa } = config;
    const { authentication, devices } = await parts.loadAuthentication();
    const passkeys = await openPasskeys(parts);
    const records = createSignInRecords({
      artifacts: store.artifacts,
      clock,
      lifetime: lifetimes.interaction,
    });
    const deviceLifetime = loginProtection.knownDevice;
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
      passkeys,
      secondFactors: passkeys === undefined ? [] : [securityKeyFactor(passkeys)],
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
    const passkeys = await openPasskeys(parts);
    return createAccountPages({
      ...services,
      deletions,
      languages: site.messages.languages,
      passwords,
      passkeys,
      authentication,
    });
  };
}

/** Undefined where they are off. */
async function openPasskeys({ config, store, clock }: PageParts): Promise<Passkeys | undefined> {
  const party = relyingParty(config);
  if (party === undefined) return undefined;
  const { createPasskeys } = await import('../accounts/credentials/passkeys.ts');
  const challengeLifetime = config.lifetimes.interaction;
  return createPasskeys({ store, relyingParty: party, challengeLifetime, clock });
}
