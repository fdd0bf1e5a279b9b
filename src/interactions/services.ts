import type { Context } from 'koa';
import type { Account, Accounts } from '../accounts/accounts.ts';
import type { NewPeople } from '../accounts/sign-up/new-people.ts';
import type { Passkeys } from '../accounts/credentials/passkeys.ts';
import type { Authentication } from '../accounts/authentication.ts';
import type { EmailSignIns } from '../accounts/recovery/email-sign-in.ts';
import type { Deletions } from '../accounts/deletion.ts';
import type { Recoveries } from '../accounts/recovery/lost-factor.ts';
import type { Audit } from '../audit/audit.ts';
import type { EmailSignInMode } from '../config/email-sign-in.ts';
import type { Api } from '../config/schema-apis.ts';
import type { ClientLogos } from '../clients/logos/logos.ts';
import type { Mail } from '../mail/mail.ts';
import type { RenderPage } from '../pages/render.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Interactions } from '../oidc/authorization/interactions.ts';
import type { FormSettings } from './sign-up/new-account-form.ts';
import type { SecondFactor } from './second-factors.ts';
import type { SignInSteps } from './sign-in-steps.ts';
import type { LoginConcurrencyLimit } from './login-concurrency-limit.ts';

/** The services of the steps of an interaction. */
export interface InteractionServices {
  interactions: Interactions;
  accounts: Pick<Accounts, 'find'>;
  authentication: Authentication;
  deletions: Pick<Deletions, 'keep'>;
  /** Undefined where they are off. */
  passkeys: Passkeys | undefined;
  loginConcurrencyLimit: LoginConcurrencyLimit;
  steps: SignInSteps;
  /** In the order in which people are asked. */
  secondFactors: readonly SecondFactor[];
  /** Seconds; 0: no device is remembered. */
  rememberDevice: number;
  newPeople: NewPeople;
  newAccountForm: FormSettings;
  /** Seconds for which the link of a sign-up is valid. */
  signUpLinkLifetime: number;
  /** Path of the mails of a development server. */
  inboxPath: string | undefined;
  /** Lets the password of a new account enrol a first factor in this browser. */
  permitEnrolment: (ctx: Context, account: Account) => Promise<void>;
  /** Of everybody or of a group of the account; a client may require one, too. */
  requiresFactor: (account: Account) => boolean;
  /** Records that an account has accepted the current terms. */
  acceptTerms: (accountId: string) => Promise<void>;
  apis: readonly Api[];
  logos: Pick<ClientLogos, 'fileOf'>;
  audit: Audit;
  mail: Pick<Mail, 'isEnabled'>;
  recoveries: Pick<Recoveries, 'request'>;
  emailSignIns: EmailSignIns;
  emailSignIn: EmailSignInMode;
  metrics: Metrics;
  log: Logger;
  renderPage: RenderPage;
}
