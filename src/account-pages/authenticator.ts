import type { Context } from 'koa';
import type { TotpEnrolment } from '../accounts/authenticator-app.ts';
import { formField } from '../http/form-body.ts';
import type { Message } from '../messages/messages.ts';
import { type AccountFrame, accountFrame, redirectDone } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import { type AccountServices, ownAudit } from './account-services.ts';
import { showFirstRecoveryCodes } from './recovery-codes.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    authenticator: AuthenticatorPage;
  }
}

/** Posts `csrf` and `action`: `confirm` with `ticket` and `code`, or `remove`. */
export interface AuthenticatorPage extends AccountFrame {
  /** The app that the account has. Times are epoch seconds. */
  current?: { createdAt: number; lastUsedAt?: number | undefined; clock?: Message | undefined } | undefined;
  /** A seed to scan or type; absent where the account has an app that is not to be replaced. */
  enrolment?: TotpEnrolment | undefined;
  problem?: Message | undefined;
}

const PATH = '/account/authenticator';

/** The authenticator app: enrolled with a first code, replaced by another, removed. A GET makes a new seed, and stores nothing. */
export function authenticatorPage(services: AccountServices): AccountPage {
  return {
    show: async (ctx) => {
      const { account } = ctx.state.person;
      const isEnrolling = account.details?.factors?.totp === undefined || ctx.query.replace !== undefined;
      await render(ctx, services, isEnrolling ? await begin(ctx, services) : undefined);
    },
    submit: async (ctx) => {
      if (formField(ctx, 'action') === 'remove') await remove(ctx, services);
      else await confirm(ctx, services);
    },
  };
}

async function confirm(ctx: Context, services: AccountServices): Promise<void> {
  const { account } = ctx.state.person;
  const { factors, mail } = services;
  const ticket = formField(ctx, 'ticket') ?? '';
  const confirmed = await factors.confirmTotp(account.id, ticket, formField(ctx, 'code') ?? '');
  if (confirmed.outcome !== 'enrolled') {
    const { outcome } = confirmed;
    const kept =
      outcome === 'wrong' ? await factors.resumeTotp(account, services.config.brand.name, ticket) : undefined;
    ctx.status = 400;
    const problem = { key: outcome === 'wrong' ? 'authenticator.wrong' : 'authenticator.expired' };
    await render(ctx, services, kept ?? (await begin(ctx, services)), problem);
    return;
  }
  const { replaced } = confirmed;
  ownAudit(ctx, services).record({
    type: 'factor.added',
    accountId: account.id,
    detail: { factor: 'totp', ...(replaced && { replaced }) },
  });
  await mail.notice(account, 'factorAdded', {
    username: account.username,
    factor: { key: 'mail.factors.totp' },
  });
  const done = 'authenticator.done.added';
  if (!(await showFirstRecoveryCodes(ctx, services, done))) redirectDone(ctx, PATH, done);
}

async function remove(ctx: Context, services: AccountServices): Promise<void> {
  const { account } = ctx.state.person;
  if (await services.factors.removeTotp(account.id)) {
    const detail = { factor: 'totp' };
    ownAudit(ctx, services).record({ type: 'factor.removed', accountId: account.id, detail });
    const values = { username: account.username, factor: { key: 'mail.factors.totp' } };
    await services.mail.notice(account, 'factorRemoved', values);
  }
  // The page of the app asks a person without one for a further proof.
  redirectDone(ctx, '/account', 'authenticator.done.removed');
}

async function begin(ctx: Context, { factors, config }: AccountServices): Promise<TotpEnrolment> {
  return await factors.beginTotp(ctx.state.person.account, config.brand.name);
}

async function render(
  ctx: Context,
  services: AccountServices,
  enrolment?: TotpEnrolment,
  problem?: Message,
): Promise<void> {
  const totp = ctx.state.person.account.details?.factors?.totp;
  services.renderPage(ctx, 'authenticator', {
    ...accountFrame(ctx, services, PATH),
    current: totp && { ...totp, clock: await clockText(totp.drift) },
    enrolment,
    problem,
  });
}

/** What the last code has said about the clock of the device. */
async function clockText(drift: number): Promise<Message | undefined> {
  const { clockError } = await import('../accounts/credentials/totp.ts');
  const seconds = clockError(drift);
  if (seconds === 0) return undefined;
  const key = seconds < 0 ? 'authenticator.clockBehind' : 'authenticator.clockAhead';
  return { key, values: { seconds: Math.abs(seconds) } };
}
