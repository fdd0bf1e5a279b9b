import type { Context } from 'koa';
import { deletionOf } from '../../accounts/deletion.ts';
import { personAudit } from '../../http/person-audit.ts';
import { seeOther } from '../../http/see-other.ts';
import { InteractionGoneError } from '../../oidc/authorization/interactions.ts';
import type { Person } from '../../pages/page-data.ts';
import { personOf } from '../../pages/person.ts';
import type { InteractionServices } from '../services.ts';
import type { Step } from '../step.ts';
import { accountOfSession, type StepPage, stepPage } from '../step-page.ts';

declare module '../../pages/page-data.ts' {
  interface PageData {
    'keep-account': KeepAccountPage;
  }
}

/** Posts `csrf` to `action`: the account is kept, and serves the application. */
export interface KeepAccountPage extends StepPage {
  account: Person;
  /** When it is removed; epoch seconds. */
  at: number;
}

/** The person has asked for the removal of the account, and now wants to use an application with it. */
export function keepAccountStep(services: InteractionServices): Step {
  const { deletions, interactions, renderPage } = services;
  const leaving = async (ctx: Context) => {
    const account = await accountOfSession(ctx, services);
    const at = deletionOf(account);
    if (at === undefined) throw new InteractionGoneError('the account was kept');
    return { account, at };
  };
  return {
    show: async (ctx) => {
      const { account, at } = await leaving(ctx);
      renderPage(ctx, 'keep-account', {
        ...(await stepPage(ctx, services, 'keep_account')),
        account: personOf(account),
        at,
      });
    },
    submit: async (ctx) => {
      const { account } = await leaving(ctx);
      const own = personAudit(ctx, services, account.id);
      if (!(await deletions.keep(account.id, { audit: own })))
        throw new InteractionGoneError('the account is being removed');
      seeOther(ctx, await interactions.keepAccount(ctx));
    },
  };
}
