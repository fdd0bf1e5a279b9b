import type { Context, Middleware } from 'koa';
import type { Clock } from '../clock.ts';
import type { Account, Accounts } from '../accounts/accounts.ts';
import type { Audit } from '../audit/audit.ts';
import type { ClientLogos } from '../clients/logos/logos.ts';
import type { Config } from '../config/config.ts';
import type { Mail } from '../mail/mail.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
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

/** The services of the handlers in the route table, one set for each process and key ring. A handler names those that it needs with `Pick`. */
export interface Services {
  config: Config;
  store: Store;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  audit: Audit;
  accounts: Accounts;
  mail: Mail;
  logos: ClientLogos;
  renderPage: RenderPage;
  /** @returns undefined also for a session whose account was disabled or got another password since */
  signedIn: (ctx: Context) => Promise<SignedIn | undefined>;
  /** For the forms of pages that require a session. */
  formToken: FormToken;
  /**
   * Middleware that requires an access token of this server for an API with a scope (RFC 6750), and sets `ctx.state.accessToken`. For rows
   * of kind `json` or `api`.
   */
  bearer: (audience: string, scope: string) => Middleware;
}
