import type { Context } from 'koa';
import { type PendingRecovery, RECOVERY_PATH } from '../../accounts/recovery/lost-factor.ts';
import type { MethodId } from '../../accounts/sign-in/methods.ts';
import { readDeviceCookie } from '../../http/device-cookie.ts';
import { formField } from '../../http/form-body.ts';
import { useLanguageOf } from '../../http/languages.ts';
import { linkFormToken, linkToken } from '../../http/link-form.ts';
import { publicPath } from '../../http/paths.ts';
import type { Route } from '../../http/route.ts';
import type { Services } from '../../http/services.ts';
import { auditContext } from '../../http/state.ts';
import { networkOf } from '../../limits/network.ts';
import type { FormProblem } from '../../pages/page-data.ts';
import { permitEnrolment } from '../enrolment.ts';
import type { LinkPage } from './page-data.ts';
import { accountLink, showVoidLink } from './email-links.ts';

/** The page behind the link of a person whose second factor is lost: it cancels, and after a day it removes the factor with the password. */

type LostFactorServices = Pick<
  Services,
  'renderPage' | 'recoveries' | 'audit' | 'metrics' | 'loadAuthentication' | 'store' | 'clock'
>;

const CANCEL = 'cancel';

export function lostFactorLinkRoute(services: LostFactorServices): Route {
  return {
    kind: 'page',
    path: RECOVERY_PATH,
    name: 'lost_factor_link',
    quota: 'signInForms',
    token: linkFormToken,
    show: async (ctx) => {
      const pending = await services.recoveries.find(linkToken(ctx));
      if (pending === undefined) showVoidLink(ctx, services);
      else showForm(ctx, services, pending);
    },
    submit: (ctx) => submit(ctx, services),
  };
}

async function submit(ctx: Context, services: LostFactorServices): Promise<void> {
  const { recoveries, renderPage, metrics } = services;
  const token = linkToken(ctx);
  const pending = await recoveries.find(token);
  if (pending === undefined) return showVoidLink(ctx, services);
  useLanguageOf(ctx, pending.account);
  if (!pending.isReady || formField(ctx, 'choice') === CANCEL) {
    if ((await recoveries.cancel(token, auditContext(ctx))) === undefined) return showVoidLink(ctx, services);
    renderPage(ctx, 'note', {
      heading: { key: 'recovery.lost.cancelledHeading' },
      lead: { key: 'recovery.lost.cancelled' },
      next: accountLink(ctx),
    });
    return;
  }
  const problem = await checkPassword(ctx, services, pending);
  if (problem !== undefined) return showForm(ctx, services, pending, [problem]);
  const recovered = await recoveries.finish(token, auditContext(ctx));
  if (recovered === undefined) return showVoidLink(ctx, services);
  // Where a second factor is required, the next sign-in enrols another one: link and password have just proven the person.
  await permitEnrolment(ctx, services, recovered);
  for (const factor of factorsIn(pending.account)) metrics.factor(factor, 'removed');
  renderPage(ctx, 'note', {
    heading: { key: 'recovery.lost.doneHeading' },
    lead: { key: 'recovery.lost.done' },
    next: accountLink(ctx),
  });
}

/** By method, each as often as the account has it. */
function factorsIn({ details }: PendingRecovery['account']): MethodId[] {
  const { totp, passkeys = {}, recoveryCodes } = details?.factors ?? {};
  return [
    ...(totp === undefined ? [] : (['totp'] as const)),
    ...Object.values(passkeys).map(({ isPasskey }) => (isPasskey ? 'passkey' : 'security_key')),
    ...(recoveryCodes === undefined ? [] : (['recovery_code'] as const)),
  ];
}

/** With the protection against guessing that every password has. Sets the status of the response. */
async function checkPassword(
  ctx: Context,
  { loadAuthentication, audit, metrics }: LostFactorServices,
  { account: { id, username } }: PendingRecovery,
): Promise<FormProblem | undefined> {
  const password = formField(ctx, 'password') ?? '';
  const attempt = { username, password, network: networkOf(ctx.ip), device: readDeviceCookie(ctx) };
  const { authentication } = await loadAuthentication();
  const result = await authentication.signIn(attempt);
  if (result.outcome === 'succeeded' && result.account.id === id) return undefined;
  if (result.outcome === 'busy') {
    ctx.status = 503;
    return { key: 'recovery.reset.busy' };
  }
  const event = { accountId: id, ...auditContext(ctx) };
  if (result.outcome === 'limited') {
    metrics.limited('wrong_passwords');
    audit.record({ type: 'login.limited', ...event });
    ctx.status = 429;
    ctx.set('Retry-After', String(result.retryAfter));
    return { key: 'recovery.lost.limited', values: { seconds: result.retryAfter } };
  }
  const { reason, locked } =
    result.outcome === 'refused' ? result : { reason: 'wrong_password', locked: undefined };
  audit.record({ type: 'login.failed', ...event, detail: { reason } });
  if (locked !== undefined) {
    metrics.accountLocked();
    audit.record({ type: 'account.locked', ...event, detail: { ...locked } });
  }
  ctx.status = 400;
  return { key: 'recovery.lost.wrong', field: 'password' };
}

function showForm(
  ctx: Context,
  { renderPage }: LostFactorServices,
  { account, readyAt, isReady }: PendingRecovery,
  problems?: LinkPage['problems'],
): void {
  useLanguageOf(ctx, account);
  const { username } = account;
  const form = { action: publicPath(ctx, RECOVERY_PATH), csrf: linkFormToken(ctx), token: linkToken(ctx) };
  if (isReady) {
    renderPage(ctx, 'link', {
      ...form,
      heading: { key: 'recovery.lost.heading' },
      lead: { key: 'recovery.lost.lead', values: { username } },
      submit: { key: 'recovery.lost.submit' },
      password: { kind: 'current', username },
      other: { choice: CANCEL, label: { key: 'recovery.lost.cancel' } },
      problems,
    });
  } else {
    renderPage(ctx, 'link', {
      ...form,
      heading: { key: 'recovery.lost.waitHeading' },
      lead: { key: 'recovery.lost.wait', values: { username, readyAt } },
      submit: { key: 'recovery.lost.cancelSubmit' },
    });
  }
}
