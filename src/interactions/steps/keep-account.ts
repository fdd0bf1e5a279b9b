import type { Context } from 'koa';
import { deletionOf } from '../../accounts/deletion.ts';
import { personActor } from '../../audit/actors.ts';
import { useLanguageOf } from '../../http/languages.ts';
import { interactionPath } from '../../http/paths.ts';
import { auditContext } from '../../http/state.ts';
import { InteractionGoneError } from '../../oidc/authorization/interactions.ts';
import type { ClientView, Person } from '../../pages/page-data.ts';
import { personOf } from '../../pages/person.ts';
import { clientView } from '../client-view.ts';
import type { InteractionServices } from '../services.ts';
import type { Step } from '../step.ts';

declare module '../../pages/page-data.ts' {
  interface PageData {
    'keep-account': KeepAccountPage;
  }
}

/** Posts `csrf` to `action`: the account is kept, and serves the application. */
export interface KeepAccountPage {
  action: string;
  csrf: string;
  cancelUrl: string;
  client: ClientView;
  account: Person;
  /** When it is removed; epoch seconds. */
  at: number;
}

/** The person has asked for the removal of the account, and now wants to use an application with it. */
export function keepAccountStep(services: InteractionServices): Step {
  const { accounts, deletions, audit, interactions, logos, renderPage } = services;
  const leaving = async (ctx: Context) => {
    const { accountId = '' } = ctx.state.pending;
    const account = await accounts.find(accountId);
    const at = account && deletionOf(account);
    if (account === undefined || at === undefined)
      throw new InteractionGoneError('the account was kept, or removed');
    return { account, at };
  };
  return {
    show: async (ctx) => {
      const { pending } = ctx.state;
      const { account, at } = await leaving(ctx);
      useLanguageOf(ctx, account);
      const path = interactionPath(ctx, pending.uid);
      renderPage(ctx, 'keep-account', {
        action: `${path}/keep_account`,
        csrf: pending.csrf,
        cancelUrl: `${path}/abort?csrf=${pending.csrf}`,
        client: await clientView(ctx, { logos }),
        account: personOf(account),
        at,
      });
    },
    submit: async (ctx) => {
      const { account } = await leaving(ctx);
      const actor = personActor(account.id);
      const isKept = await deletions.keep(account.id, {
        audit: { record: (entry) => audit.record({ ...entry, actor, ...auditContext(ctx) }) },
      });
      if (!isKept) throw new InteractionGoneError('the account is being removed');
      ctx.status = 303;
      ctx.redirect(await interactions.keepAccount(ctx));
    },
  };
}
