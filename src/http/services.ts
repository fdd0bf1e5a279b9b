import type { Context, Middleware } from 'koa';
import type { Clock } from '../clock.ts';
import type { Account, Accounts } from '../accounts/accounts.ts';
import type { Authentication } from '../accounts/authentication.ts';
import type { Confirmations } from '../accounts/recovery/confirmations.ts';
import type { EmailChanges } from '../accounts/recovery/email-change.ts';
import type { EmailSignIns } from '../accounts/recovery/email-sign-in.ts';
import type { EmailUndo } from '../accounts/recovery/email-undo.ts';
import type { Recoveries } from '../accounts/recovery/lost-factor.ts';
import type { PasswordResets } from '../accounts/recovery/password-reset.ts';
import type { PersonRequirement } from '../accounts/sign-in/person-needs.ts';
import type { Audit } from '../audit/audit.ts';
import type { ClientLogos } from '../clients/logos/logos.ts';
import type { Config } from '../config/config.ts';
import type { Mail } from '../mail/mail.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { ReturnLink } from '../pages/page-data.ts';
import type { RenderPage } from '../pages/render.ts';
import type { Store } from '../store/store.ts';
import type { FormToken } from './csrf.ts';

/** The account and session of a browser. */
export interface SignedIn {
  readonly account: Account;
  /** The engine's session; `uid` stays the same for its whole life. */
  readonly session: { readonly uid: string };
  /** `Account.generation`, which the session was made in. */
  readonly generation: number;
  /** When the person signed in, in epoch seconds; a second factor that was asked for later does not change it. */
  readonly authTime: number;
  /** What was done (`config/authentication-context.ts`). */
  readonly acr: string | undefined;
  readonly amr: readonly string[];
  /** When a second factor was used: at this sign-in, or on this device before. Epoch seconds. */
  readonly secondFactorAt: number | undefined;
}

declare module 'koa' {
  interface DefaultState {
    /** Behind `Services.requirePerson`. */
    person: SignedIn;
  }
}

/**
 * Makes a change that ends all sessions of an account, for the person of this browser, who stays signed in: the session begins again under
 * a new id, without applications.
 * @param change returns the account after the change; undefined where it has ended no session after all
 * @param proven `amr` of a second factor that the person has used for the change, asked for after it: the session has it from then on
 */
export type RenewSession = (
  ctx: Context,
  change: () => Promise<Account | undefined>,
  proven?: () => readonly string[],
) => Promise<void>;

/** The services of the handlers in the route table, one set for each process and key ring. A handler names those that it needs with `Pick`. */
export interface Services {
  config: Config;
  store: Store;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  audit: Audit;
  accounts: Accounts;
  passwordResets: PasswordResets;
  confirmations: Confirmations;
  emailChanges: EmailChanges & EmailUndo;
  recoveries: Recoveries;
  emailSignIns: EmailSignIns;
  mail: Mail;
  logos: ClientLogos;
  renderPage: RenderPage;
  /** Loaded at first use: the start does not need it. */
  loadAuthentication: () => Promise<{ authentication: Authentication }>;
  /** @returns undefined also for a session whose account was disabled or got another password since */
  signedIn: (ctx: Context) => Promise<SignedIn | undefined>;
  /** The application of a pending interaction, in any browser; undefined when there is none. */
  pendingApp: (ctx: Context, uid: string) => Promise<ReturnLink | undefined>;
  /**
   * Middleware that requires a person who is signed in, and sets `ctx.state.person`; it leads to the sign-in, and back to the page. For rows
   * of kind `page`, as one of their `steps`.
   */
  requirePerson: (requirement?: PersonRequirement) => Middleware;
  renewSession: RenewSession;
  /** For the forms of pages that require a session. */
  formToken: FormToken;
  /**
   * Middleware that requires an access token of this server for an API with a scope (RFC 6750), and sets `ctx.state.accessToken`. For rows
   * of kind `json` or `api`.
   */
  bearer: (audience: string, scope: string) => Middleware;
}
