import { auditContext } from '../../http/state.ts';
import type { ClientView, Person } from '../../pages/page-data.ts';
import { personOf } from '../../pages/person.ts';
import type { InteractionServices } from '../services.ts';
import type { Step } from '../step.ts';
import { accountOfSession, stepPage } from '../step-page.ts';
import { abort } from './abort.ts';

declare module '../../pages/page-data.ts' {
  interface PageData {
    access: AccessPage;
  }
}

/** The account may not use the application. Posts `csrf` to `action`: the application is told. */
export interface AccessPage {
  action: string;
  csrf: string;
  client: ClientView;
  account: Person;
  /** Email addresses of those who are responsible for the application. */
  contacts: readonly string[];
  otherAccountUrl?: string | undefined;
}

/** A client is for the members of groups, and the account is in none of them (`oidc/authorization/allowed-groups.ts`). */
export function accessStep(services: InteractionServices): Step {
  const { audit, renderPage } = services;
  return {
    show: async (ctx) => {
      const { pending } = ctx.state;
      const { accountId, client } = pending;
      const account = await accountOfSession(ctx, services);
      const { action, csrf, client: view } = await stepPage(ctx, services, 'access');
      audit.record({ type: 'access.denied', accountId, clientId: client.id, ...auditContext(ctx) });
      ctx.status = 403;
      renderPage(ctx, 'access', {
        action,
        csrf,
        client: view,
        account: personOf(account),
        contacts: client.contacts,
        otherAccountUrl: pending.otherAccountUrl,
      });
    },
    submit: abort(services),
  };
}
