import type { Middleware } from 'koa';
import { formField } from '../../http/form-body.ts';
import { Problem } from '../../http/problem.ts';
import { seeOther } from '../../http/see-other.ts';
import { InteractionGoneError } from '../../oidc/authorization/interactions.ts';
import { personOf } from '../../pages/person.ts';
import type { InteractionServices } from '../services.ts';
import type { Step } from '../step.ts';
import { accountOfSession, stepPage } from '../step-page.ts';

/**
 * The selection of an account (`prompt=select_account`): that of the session, or another one. For another one the sign-in page follows. The
 * session stays until somebody else has signed in there.
 */
export function selectAccountStep(services: InteractionServices): Step {
  return { show: showSelection(services), submit: submitSelection(services) };
}

function showSelection(services: InteractionServices): Middleware {
  return async (ctx) => {
    const { pending } = ctx.state;
    const account = await accountOfSession(ctx, services);
    if (account.disabled) throw new InteractionGoneError('the account was disabled');
    services.renderPage(ctx, 'select-account', {
      ...(await stepPage(ctx, services, 'select_account')),
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
    seeOther(ctx, await interactions.selectAccount(ctx, { other }));
  };
}
