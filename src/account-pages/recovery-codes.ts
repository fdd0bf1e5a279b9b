import type { Context } from 'koa';
import { factorNotice } from '../accounts/factor-notice.ts';
import { enrolledFactors, usableFactors } from '../accounts/sign-in/methods.ts';
import { relyingParty } from '../config/relying-party.ts';
import { Problem } from '../http/problem.ts';
import type { Message } from '../messages/messages.ts';
import { type AccountFrame, accountFrame } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountServices } from './account-services.ts';
import { recordFactor } from './factor-news.ts';
import { isStepUnused } from './first-factor.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'recovery-codes': RecoveryCodesPage;
  }
}

/** Posts `csrf`. */
export interface RecoveryCodesPage extends AccountFrame {
  /** New codes, which are shown once. */
  codes?: readonly string[] | undefined;
  /** There were codes before. */
  isReplaced?: boolean | undefined;
  /** The same as a text, in an address. */
  download?: string | undefined;
  /** How many are left, and of when they are (epoch seconds); absent without codes. */
  left?: number | undefined;
  createdAt?: number | undefined;
  /** There is a factor that the codes stand in for. */
  isOffered: boolean;
  /** The person signs in without a first step that a code would be the second of. */
  isUnused: boolean;
}

const PATH = '/account/recovery-codes';

/** The recovery codes: how many are left, and a new set, which is shown in the answer to the form and nowhere else. */
export function recoveryCodesPage(services: AccountServices): AccountPage {
  return {
    show: (ctx) => render(ctx, services),
    submit: async (ctx) => {
      if (!isOffered(ctx, services)) {
        throw new Problem(
          400,
          'invalid_request',
          'the account has no factor that recovery codes stand in for',
          {
            format: 'page',
          },
        );
      }
      await showNewCodes(ctx, services);
    },
  };
}

/**
 * Shows a first set of recovery codes in the answer to the form that has enrolled a first factor, so that every person has a way back.
 * @param done what the form has done, as for `redirectDone`
 * @returns false for an account that has codes; nothing was answered then
 */
export async function showFirstRecoveryCodes(
  ctx: Context,
  services: AccountServices,
  done: string,
): Promise<boolean> {
  const account = await services.accounts.find(ctx.state.person.account.id);
  if (account === undefined || enrolledFactors(account).includes('recovery_code')) return false;
  ctx.state.person = { ...ctx.state.person, account };
  await showNewCodes(ctx, services, { key: done });
  return true;
}

async function showNewCodes(ctx: Context, services: AccountServices, done?: Message): Promise<void> {
  const { account } = ctx.state.person;
  const isReplaced = account.details?.factors?.recoveryCodes !== undefined;
  const told = factorNotice(services.mail, 'added', 'recovery_codes');
  const codes = await services.factors.replaceRecoveryCodes(account.id, told);
  if (codes === undefined) throw new Problem(403, 'access_denied', 'there is no such account');
  recordFactor(ctx, services, 'added', { factor: 'recovery_codes', replaced: isReplaced });
  render(ctx, services, { codes, isReplaced, ...(done && { done }) });
}

type NewCodes = Pick<RecoveryCodesPage, 'codes' | 'isReplaced' | 'done'>;

function render(ctx: Context, services: AccountServices, made: NewCodes = {}): void {
  const { account } = ctx.state.person;
  const stored = account.details?.factors?.recoveryCodes;
  const { name } = services.config.brand;
  const { codes } = made;
  const text = codes && [`${name}: ${account.username}`, '', ...codes, ''].join('\n');
  services.renderPage(ctx, 'recovery-codes', {
    ...accountFrame(ctx, services, PATH),
    ...made,
    download: text && `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`,
    left: stored?.digests.length,
    createdAt: stored?.createdAt,
    isOffered: isOffered(ctx, services),
    isUnused: isStepUnused(ctx, services),
  });
}

/** Only beside a factor that the sign-in to this page has used: the codes must not be a first factor that a password alone enrols. */
function isOffered(ctx: Context, services: AccountServices): boolean {
  if (isStepUnused(ctx, services)) return false;
  const { config } = services;
  const { enrolled } = usableFactors(ctx.state.person.account, relyingParty(config));
  return enrolled.some((factor) => factor !== 'recovery_code');
}
