import type { Context, Middleware } from 'koa';
import { languageOf } from '../../accounts/account-language.ts';
import { CODE_LIFETIME } from '../../accounts/recovery/confirmations.ts';
import { groupedMailCode } from '../../accounts/recovery/mail-code.ts';
import { verifiedAddress } from '../../accounts/sign-in-name.ts';
import { formField } from '../../http/form-body.ts';
import { CONFIRM_PATH, publicPath } from '../../http/paths.ts';
import type { Route } from '../../http/route.ts';
import { seeOther } from '../../http/see-other.ts';
import type { Services } from '../../http/services.ts';
import { auditContext } from '../../http/state.ts';
import { networkOf } from '../../limits/network.ts';
import type { Message } from '../../messages/messages.ts';
import { returnPage } from '../return-page.ts';
import type { ConfirmPage } from './page-data.ts';

/**
 * The page on which a person types a code that was sent to the address of the account, before what a password alone does not change. The
 * page sends the code when the person asks for it, because opening a page changes nothing.
 *
 *     page of the account ──requirePerson: proof──▶ confirm ──send──▶ code ──right──▶ page of the account
 */

type ConfirmServices = Pick<
  Services,
  'renderPage' | 'requirePerson' | 'formToken' | 'confirmations' | 'mail' | 'audit'
>;

const SEND = 'send';

export function confirmRoute(services: ConfirmServices): Route {
  return {
    kind: 'page',
    path: CONFIRM_PATH,
    name: 'account_confirm',
    quota: 'signInForms',
    steps: [services.requirePerson({ fresh: 'signIn' })],
    token: services.formToken,
    show: (ctx) => show(ctx, services, { sent: false }),
    submit: submit(services),
  };
}

function submit(services: ConfirmServices): Middleware {
  return async (ctx) => {
    const { person } = ctx.state;
    if (formField(ctx, 'choice') === SEND) return await sendCode(ctx, services);
    const code = formField(ctx, 'code') ?? '';
    const outcome = await services.confirmations.check(person, code);
    const event = { accountId: person.account.id, ...auditContext(ctx) };
    if (outcome === 'confirmed') {
      services.audit.record({ type: 'account.confirmed', ...event });
      seeOther(ctx, publicPath(ctx, destinationOf(ctx)));
      return;
    }
    services.audit.record({ type: 'account.confirmation_failed', ...event });
    ctx.status = 400;
    const isVoid = outcome === 'void';
    show(ctx, services, { sent: !isVoid, problem: { key: isVoid ? 'confirm.void' : 'confirm.wrong' } });
  };
}

async function sendCode(ctx: Context, services: ConfirmServices): Promise<void> {
  const { account } = ctx.state.person;
  const begun = await services.confirmations.begin(ctx.state.person, networkOf(ctx.ip));
  if (begun === undefined) {
    ctx.status = 400;
    show(ctx, services, { sent: false, problem: { key: 'confirm.impossible' } });
    return;
  }
  if ('retryAfter' in begun) {
    ctx.status = 429;
    ctx.set('Retry-After', String(begun.retryAfter));
    show(ctx, services, {
      sent: false,
      problem: { key: 'confirm.limited', values: { seconds: begun.retryAfter } },
    });
    return;
  }
  await services.mail.send('confirmation', {
    to: begun.address,
    limit: 'caller',
    accountId: account.id,
    language: languageOf(account),
    code: groupedMailCode(begun.code),
    lifetime: CODE_LIFETIME,
    values: { lifetime: CODE_LIFETIME },
  });
  show(ctx, services, { sent: true });
}

function show(
  ctx: Context,
  { renderPage, formToken }: ConfirmServices,
  { sent, problem }: { sent: boolean; problem?: Message },
): void {
  const page: ConfirmPage = {
    action: publicPath(ctx, CONFIRM_PATH),
    csrf: formToken(ctx),
    to: destinationOf(ctx),
    address: verifiedAddress(ctx.state.person.account) ?? '',
    minutes: CODE_LIFETIME / 60,
    sent,
    problem,
  };
  renderPage(ctx, 'confirm', page);
}

/** The page to which the person returns. */
function destinationOf(ctx: Context): string {
  return returnPage(ctx.method === 'POST' ? formField(ctx, 'to') : ctx.query.to);
}
