import type { Accounts } from '../accounts/accounts.ts';
import type { Authentication } from '../accounts/authentication.ts';
import type { Audit } from '../audit/audit.ts';
import type { Api } from '../config/schema.ts';
import type { RenderPage } from '../pages/render.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Interactions } from '../oidc/authorization/interactions.ts';
import type { LoginConcurrencyLimit } from './login-concurrency-limit.ts';

/** What the steps of an interaction work with. */
export interface InteractionServices {
  interactions: Interactions;
  accounts: Pick<Accounts, 'find'>;
  authentication: Authentication;
  loginConcurrencyLimit: LoginConcurrencyLimit;
  /** Seconds that a browser keeps what says that someone signed in with it. */
  deviceLifetime: number;
  apis: readonly Api[];
  audit: Audit;
  metrics: Metrics;
  log: Logger;
  renderPage: RenderPage;
}
