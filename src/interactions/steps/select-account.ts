import type { Middleware } from 'koa';
import { formField } from '../../http/form-body.ts';
import { useLanguageOf } from '../../http/languages.ts';
import { interactionPath } from '../../http/paths.ts';
import { Problem } from '../../http/problem.ts';
import { InteractionGoneError } from '../../oidc/authorization/interactions.ts';
import { personOf } from '../../pages/person.ts';
import { clientView } from '../client-view.ts';
import type { InteractionServices } from '../services.ts';
import type { Step } from '../step.ts';

/**
 * The selection of an account (`prompt=select_account`): that of the session, or another one. For another one the sign-in page follows. The
 * session stays until somebody else has signed in there.
 */
export function selectAccountStep(services: InteractionServices): Step {
  return { show: showSelection(services), submit: submitSelection(services) };
}

function showSelection({ accounts, logos, renderPage }: InteractionServices): Middleware {
  return async (ctx) => {
    const { pending } = ctx.state;
    const account = pending.accountId === undefined ? undefined : await accounts.find(pending.accountId);
    if (account === undefined || account.disabled)
      throw new InteractionGoneError('the account was disabled or removed');
    useLanguageOf(ctx, account);
    const path = interactionPath(ctx, pending.uid);
    renderPage(ctx, 'select-account', {
      action: `${path}/select_account`,
      csrf: pending.csrf,
      cancelUrl: `${path}/abort?csrf=${pending.csrf}`,
      client: await clientView(ctx, { logos }),
      account: personOf(account),
      offersOther: !pending.isForOneAccount,
    });
  };
}

function submitSelection({ interactions }: InteractionServices): Middleware {
  return async (ctx) => {
    const account = formField(ctx, 'account');
    const other = account === 'other' && !ctx.state.pending.isForOneAccount;
    if (account !== undefined && !other) {
      const description = 'account is not one that the page offers';
      throw new Problem(400, 'invalid_form', description, { format: 'page' });
    }
    ctx.status = 303;
    ctx.redirect(await interactions.selectAccount(ctx, { other }));
  };
}
