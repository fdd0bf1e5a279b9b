import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import { useLanguageOf } from '../http/languages.ts';
import { interactionPath } from '../http/paths.ts';
import { InteractionGoneError } from '../oidc/authorization/interactions.ts';
import type { ClientView } from '../pages/page-data.ts';
import { clientView } from './client-view.ts';
import type { InteractionServices } from './services.ts';
import type { LaterStepName, StepName } from './step.ts';

/** What the page of a step has beside its own data. */
export interface StepPage {
  /** Where its form is posted, with `csrf`. */
  action: string;
  csrf: string;
  cancelUrl: string;
  client: ClientView;
}

export async function stepPage(
  ctx: Context,
  services: Pick<InteractionServices, 'logos'>,
  step: StepName | LaterStepName,
): Promise<StepPage> {
  const { uid, csrf } = ctx.state.pending;
  const path = interactionPath(ctx, uid);
  return {
    action: `${path}/${step}`,
    csrf,
    cancelUrl: `${path}/abort?csrf=${csrf}`,
    client: await clientView(ctx, services),
  };
}

/** The account of the session, for a step after the sign-in, whose page is in its language. @throws InteractionGoneError when it was removed */
export async function accountOfSession(
  ctx: Context,
  { accounts }: Pick<InteractionServices, 'accounts'>,
): Promise<Account> {
  const { accountId } = ctx.state.pending;
  const account = accountId === undefined ? undefined : await accounts.find(accountId);
  if (account === undefined) throw new InteractionGoneError('the account was removed');
  useLanguageOf(ctx, account);
  return account;
}
