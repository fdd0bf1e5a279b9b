import type { Context } from 'koa';
import { changeNotice } from '../accounts/change-notice.ts';
import type { PasswordProblem } from '../accounts/credentials/password-problem.ts';
import { MAX_PASSWORD_BYTES, PasswordQueueFullError } from '../accounts/credentials/password.ts';
import { UnacceptablePasswordError } from '../accounts/errors.ts';
import { readDeviceCookie } from '../http/device-cookie.ts';
import { formField } from '../http/form-body.ts';
import { auditContext } from '../http/state.ts';
import { networkOf } from '../limits/network.ts';
import type { Message } from '../messages/messages.ts';
import { type AccountFrame, accountFrame, redirectDone } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import { type AccountServices, ownAccounts } from './account-services.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-password': PasswordPage;
  }
}

/** Posts `csrf`, `current` (where the account has a password) and `new`. */
export interface PasswordPage extends AccountFrame {
  hasPassword: boolean;
  /** For the rules. */
  minimumPasswordLength: number;
  newProblems: readonly PasswordProblem[];
  currentProblem?: Message | undefined;
  problem?: Message | undefined;
}

const PATH = '/account/password';

/** Seconds. */
const BUSY_RETRY_AFTER = 5;

type Refusal = Pick<PasswordPage, 'currentProblem' | 'problem'> & {
  status: number;
  newProblems?: readonly PasswordProblem[];
  retryAfter?: number;
};

/**
 * The change of the password. It takes the current one, which is checked like a sign-in: the attempts count together. All other sessions, and
 * everything that applications have of the account, end with it; the browser in which it is changed stays signed in.
 */
export function passwordPage(services: AccountServices): AccountPage {
  function render(ctx: Context, refusal: Partial<Refusal> = {}): void {
    const { status, retryAfter, newProblems = [], ...shown } = refusal;
    if (status !== undefined) ctx.status = status;
    if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
    services.renderPage(ctx, 'account-password', {
      ...accountFrame(ctx, services, PATH),
      hasPassword: ctx.state.person.account.hasPassword,
      minimumPasswordLength: services.config.passwords.minimumLength,
      newProblems,
      ...shown,
    });
  }

  return {
    show: (ctx) => render(ctx),
    submit: async (ctx) => {
      const { account } = ctx.state.person;
      const password = formField(ctx, 'new') ?? '';
      const problems = await services.passwords.problems(password, account.username);
      const refusal =
        problems.length > 0
          ? { status: 400, newProblems: problems }
          : account.hasPassword && (await checkCurrent(ctx, services));
      if (refusal) {
        render(ctx, refusal);
        return;
      }
      try {
        const accounts = ownAccounts(ctx, services);
        const jobs = changeNotice(services.mail, 'passwordChanged');
        await services.renewSession(ctx, () => accounts.setPassword(account.id, password, { jobs }));
      } catch (error) {
        if (error instanceof PasswordQueueFullError) render(ctx, BUSY);
        else if (error instanceof UnacceptablePasswordError)
          render(ctx, { status: 400, newProblems: error.passwordProblems });
        else throw error;
        return;
      }
      redirectDone(ctx, PATH, 'account.password.changed');
    },
  };
}

const WRONG: Refusal = { status: 400, currentProblem: { key: 'account.password.wrong' } };
const BUSY: Refusal = {
  status: 503,
  problem: { key: 'account.password.busy' },
  retryAfter: BUSY_RETRY_AFTER,
};

/** @returns undefined when the password is that of the account */
async function checkCurrent(
  ctx: Context,
  { authentication, audit, metrics }: AccountServices,
): Promise<Refusal | undefined> {
  const { id, username } = ctx.state.person.account;
  const password = formField(ctx, 'current') ?? '';
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return WRONG;
  const attempt = { username, password, network: networkOf(ctx.ip), device: readDeviceCookie(ctx) };
  const signIn = await authentication.signIn(attempt);
  if (signIn.outcome === 'busy') return BUSY;
  if (signIn.outcome === 'succeeded') return signIn.account.id === id ? undefined : WRONG;
  const event = { accountId: id, ...auditContext(ctx) };
  if (signIn.outcome === 'limited') {
    metrics.limited('wrong_passwords');
    audit.record({ type: 'login.limited', ...event });
    return { status: 429, problem: { key: 'account.password.limited' }, retryAfter: signIn.retryAfter };
  }
  const { reason, locked } = signIn;
  audit.record({ type: 'login.failed', ...event, detail: { reason, at: PATH } });
  if (locked !== undefined) {
    metrics.accountLocked();
    audit.record({ type: 'account.locked', ...event, detail: { ...locked } });
  }
  return WRONG;
}
