import type { AccountPages } from '../account-pages/account-pages.ts';
import type { Passkeys } from '../accounts/credentials/passkeys.ts';
import type { Deletions } from '../accounts/deletion.ts';
import type { KnownDevices } from '../accounts/known-devices.ts';
import type { NewPeople } from '../accounts/sign-up/new-people.ts';
import type { Passwords } from '../accounts/credentials/password.ts';
import { verifiedAddress } from '../accounts/sign-in-name.ts';
import { mfaPolicy } from '../accounts/sign-in/policy.ts';
import { offersEmailSignIn } from '../config/email-sign-in.ts';
import { relyingParty } from '../config/relying-party.ts';
import type { Services } from '../http/services.ts';
import type { InteractionHandlers } from '../interactions/handlers.ts';
import type { SecondFactor } from '../interactions/second-factors.ts';
import type { LoginConcurrencyLimit } from '../interactions/login-concurrency-limit.ts';
import type { Engine } from '../oidc/create-engine.ts';
import type { LoadedAuthentication } from './authentication.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
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
  | 'mail'
  | 'recoveries'
  | 'emailSignIns';

/** What the pages need beside the services of all routes. */
export interface PageParts extends Pick<Services, SharedServices> {
  site: Site;
  passwords: Passwords;
  newPeople: NewPeople;
  loginConcurrencyLimit: LoginConcurrencyLimit;
  loadAuthentication: () => Promise<LoadedAuthentication>;
  sealer: Sealer;
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
    const { newDeviceNotice } = await import('../interactions/new-device.ts');
    const { createSignInSteps } = await import('../interactions/sign-in-steps.ts');
    const { enrolmentPermits, permitEnrolment } = await import('../account-pages/enrolment.ts');
    const { signUpPages } = await import('./sign-up.ts');
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
      deletions,
      authentication,
      steps: createSignInSteps({
        ...parts,
        mayEnrol: enrolmentPermits(parts),
        mayConfirm: (account) => parts.mail.isEnabled && verifiedAddress(account) !== undefined,
        interactions,
        records,
        onNewDevice: newDeviceNotice(parts),
        devices,
        mfa,
        terms: config.terms,
        relyingParty: relyingParty(config),
        deviceLifetime,
      }),
      ...signUpPages(parts),
      requiresFactor: (account) => mfaPolicy(mfa, account, undefined) === 'required',
      permitEnrolment: (ctx, account) => permitEnrolment(ctx, parts, account),
      passkeys,
      secondFactors: await secondFactors(parts, devices, passkeys),
      rememberDevice: mfa.rememberDevice,
      emailSignIn: offersEmailSignIn(config) ? config.emailSignIn : 'off',
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
    const { createEnrolledFactors } = await import('../accounts/enrolled-factors.ts');
    const { site, passwords, sealer, clock } = parts;
    const { authentication } = await parts.loadAuthentication();
    const passkeys = await openPasskeys(parts);
    return createAccountPages({
      ...services,
      deletions,
      factors: createEnrolledFactors({ accounts: parts.store.accounts, sealer, clock }),
      languages: site.messages.languages,
      passwords,
      passkeys,
      authentication,
    });
  };
}

/** In the order in which the page of a sign-in prefers them. */
async function secondFactors(
  { config, store, sealer, clock, mail }: PageParts,
  devices: KnownDevices,
  passkeys: Passkeys | undefined,
): Promise<SecondFactor[]> {
  const { createEnrolledFactors } = await import('../accounts/enrolled-factors.ts');
  const { createFactorProtection } = await import('../accounts/factor-protection.ts');
  const { recoveryCodeFactor, totpFactor } = await import('../interactions/code-factors.ts');
  const options = {
    factors: createEnrolledFactors({ accounts: store.accounts, sealer, clock }),
    protection: createFactorProtection({ counters: store.counters, limits: config.loginProtection }),
    devices,
    mail,
    jobs: store.jobs,
    clock,
  };
  const { securityKeyFactor } = await import('../interactions/security-key-factor.ts');
  return [
    ...(passkeys === undefined ? [] : [securityKeyFactor(passkeys)]),
    totpFactor(options),
    recoveryCodeFactor(options),
  ];
}

/** Undefined where they are off. */
async function openPasskeys({ config, store, clock }: PageParts): Promise<Passkeys | undefined> {
  const party = relyingParty(config);
  if (party === undefined) return undefined;
  const { createPasskeys } = await import('../accounts/credentials/passkeys.ts');
  const challengeLifetime = config.lifetimes.interaction;
  return createPasskeys({ store, relyingParty: party, challengeLifetime, clock });
}
