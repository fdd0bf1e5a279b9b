import type { Route } from '../../http/route.ts';
import type { Services } from '../../http/services.ts';
import { forgottenPasswordRoute } from './forgotten-password.ts';
import { confirmRoute } from './confirm.ts';
import { emailLinkRoutes } from './email-links.ts';
import { lostFactorLinkRoute } from './lost-factor-link.ts';
import { passwordResetRoutes } from './password-reset.ts';

/** How people get back into their accounts. What needs mail is there only where mail is sent. */
export function recoveryRoutes(services: Services): Route[] {
  return [
    ...(services.mail.isEnabled ? [forgottenPasswordRoute(services), confirmRoute(services)] : []),
    ...passwordResetRoutes(services),
    ...emailLinkRoutes(services),
    lostFactorLinkRoute(services),
  ];
}
