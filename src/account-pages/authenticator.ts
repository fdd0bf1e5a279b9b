import type { Context } from 'koa';
import type { TotpEnrolment } from '../accounts/authenticator-app.ts';
import type { Account } from '../accounts/accounts.ts';
import { METHOD_AMR, usableFactors } from '../accounts/sign-in/methods.ts';
import { mfaPolicy } from '../accounts/sign-in/policy.ts';
import type { Config } from '../config/config.ts';
import { relyingParty } from '../config/relying-party.ts';
import { factorNotice } from '../accounts/factor-notice.ts';
import { formField } from '../http/form-body.ts';
import type { Message } from '../messages/messages.ts';
import type { TotpRecord } from '../store/store.ts';
import { type AccountFrame, accountFrame, redirectDone } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountServices } from './account-services.ts';
import { recordFactor } from './factor-news.ts';
import { enrol, isStepUnused, lacksFactors } from './first-factor.ts';
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
  /** The new one is the first factor of the account: it ends the sessions elsewhere. */
  isFirst: boolean;
  /** The person signs in without a first step that this would be the second of. */
  isUnused: boolean;
  problem?: Message | undefined;
  /** Of the code. */
  codeProblem?: Message | undefined;
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
  const { factors } = services;
  const ticket = formField(ctx, 'ticket') ?? '';
  const code = formField(ctx, 'code') ?? '';
  const told = factorNotice(services.mail, 'added', 'totp');
  const confirmed = await enrol(
    ctx,
    services,
    () => METHOD_AMR.totp,
    () => factors.confirmTotp(account.id, ticket, code, told),
  );
  if (confirmed.outcome !== 'enrolled') {
    const { outcome } = confirmed;
    const kept =
      outcome === 'wrong' ? await factors.resumeTotp(account, services.config.brand.name, ticket) : undefined;
    ctx.status = 400;
    const problem =
      outcome === 'wrong'
        ? { codeProblem: { key: 'authenticator.wrong' } }
        : { problem: { key: 'authenticator.expired' } };
    await render(ctx, services, kept ?? (await begin(ctx, services)), problem);
    return;
  }
  const { replaced } = confirmed;
  recordFactor(ctx, services, 'added', { factor: 'totp', replaced });
  const done = 'authenticator.done.added';
  if (!isStepUnused(ctx, services) && (await showFirstRecoveryCodes(ctx, services, done))) return;
  redirectDone(ctx, PATH, done);
}

async function remove(ctx: Context, services: AccountServices): Promise<void> {
  const { account } = ctx.state.person;
  const removed = await services.factors.removeTotp(account.id, {
    isAllowed: (without) => isEnoughWithout(services.config, without),
    jobs: factorNotice(services.mail, 'removed', 'totp'),
  });
  if (removed === 'not allowed') {
    ctx.status = 400;
    await render(ctx, services, undefined, { problem: { key: 'authenticator.required' } });
    return;
  }
  if (removed) recordFactor(ctx, services, 'removed', { factor: 'totp' });
  // The page of the app asks a person without one for a further proof.
  redirectDone(ctx, '/account', 'authenticator.done.removed');
}

/** A person who needs a second factor keeps one: without it, only an administrator could let them in. */
function isEnoughWithout(config: Config, without: Pick<Account, 'claims' | 'details'>): boolean {
  if (mfaPolicy(config.mfa, without, undefined) !== 'required') return true;
  return usableFactors(without, relyingParty(config)).enrolled.length > 0;
}

async function begin(ctx: Context, { factors, config }: AccountServices): Promise<TotpEnrolment> {
  return await factors.beginTotp(ctx.state.person.account, config.brand.name);
}

async function render(
  ctx: Context,
  services: AccountServices,
  enrolment?: TotpEnrolment,
  problem?: Pick<AuthenticatorPage, 'problem' | 'codeProblem'>,
): Promise<void> {
  const totp = ctx.state.person.account.details?.factors?.totp;
  services.renderPage(ctx, 'authenticator', {
    ...accountFrame(ctx, services, PATH),
    current: totp && { ...totp, clock: await clockText(totp) },
    enrolment,
    isFirst: lacksFactors(ctx),
    isUnused: isStepUnused(ctx, services),
    ...problem,
  });
}

/** What the last code has said about the clock of the device. */
async function clockText(totp: TotpRecord): Promise<Message | undefined> {
  const { clockError } = await import('../accounts/credentials/totp.ts');
  const seconds = clockError(totp);
  if (seconds === 0) return undefined;
  const key = seconds < 0 ? 'authenticator.clockBehind' : 'authenticator.clockAhead';
  return { key, values: { seconds: Math.abs(seconds) } };
}
