import type { Context, Middleware } from 'koa';
import { isSignInName } from '../../accounts/sign-in-name.ts';
import { MAX_PASSWORD_BYTES } from '../../accounts/credentials/password.ts';
import { readDeviceCookie } from '../../http/device-cookie.ts';
import { formField } from '../../http/form-body.ts';
import { uiLocalesOf } from '../../http/languages.ts';
import { forgottenUrl, interactionPath } from '../../http/paths.ts';
import { networkOf } from '../../limits/network.ts';
import type { Message } from '../../messages/messages.ts';
import type { PendingAuthorization } from '../../oidc/authorization/pending-authorization.ts';
import { EMAIL_STEP } from '../email-sign-in/paths.ts';
import type { InteractionServices } from '../services.ts';
import { SIGN_UP_STEP } from '../sign-up/paths.ts';
import type { Step } from '../step.ts';
import { stepPage } from '../step-page.ts';

/** The sign-in step. */

/** The same for unknown, locked and disabled accounts, so that the page does not reveal which accounts exist. */
const WRONG: Message = { key: 'login.errors.wrong' };

const TOO_LONG: Message = { key: 'login.errors.tooLong', values: { bytes: MAX_PASSWORD_BYTES } };

const limited = (seconds: number): Message => ({ key: 'login.errors.limited', values: { seconds } });

const method = 'password';

/** Seconds. */
const BUSY_RETRY_AFTER = 5;

const BUSY: Message = { key: 'login.errors.busy', values: { seconds: BUSY_RETRY_AFTER } };

export function loginStep(services: InteractionServices): Step {
  return {
    admit: services.loginConcurrencyLimit.middleware,
    show: showLogin(services),
    submit: submitLogin(services),
  };
}

function showLogin(services: InteractionServices): Middleware {
  return async (ctx) => {
    const { pending } = ctx.state;
    await renderLogin(ctx, services, await prefilledName(pending, services));
  };
}

/** The `login_hint`, unless it names the account that the person did not select. */
async function prefilledName(
  { loginHint, otherAccountSelected, accountId }: PendingAuthorization,
  { accounts }: InteractionServices,
): Promise<string | undefined> {
  if (loginHint === undefined || !otherAccountSelected || accountId === undefined) return loginHint;
  const account = await accounts.find(accountId);
  return account !== undefined && isSignInName(loginHint, account) ? undefined : loginHint;
}

function submitLogin(services: InteractionServices): Middleware {
  const { authentication, steps } = services;
  return async (ctx) => {
    const username = formField(ctx, 'login') ?? '';
    const password = formField(ctx, 'password') ?? '';
    const askAgain = async (status: number, error: Message, retryAfter?: number): Promise<void> => {
      ctx.status = status;
      if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
      await renderLogin(ctx, services, username, error);
    };
    const busy = async (): Promise<void> => {
      steps.refused(ctx, { method, outcome: 'busy' });
      await askAgain(503, BUSY, BUSY_RETRY_AFTER);
    };
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
      await askAgain(400, TOO_LONG);
      return;
    }
    if (ctx.state.overloaded === true) {
      await busy();
      return;
    }
    const attempt = { username, password, network: networkOf(ctx.ip), device: readDeviceCookie(ctx) };
    const signIn = await authentication.signIn(attempt);
    if (signIn.outcome === 'busy') {
      await busy();
      return;
    }
    if (signIn.outcome === 'limited') {
      steps.refused(ctx, { method, outcome: 'limited' });
      await askAgain(429, limited(signIn.retryAfter), signIn.retryAfter);
      return;
    }
    if (signIn.outcome === 'refused') {
      const { reason, accountId, locked } = signIn;
      steps.refused(ctx, { method, outcome: 'failed', accountId, reason, locked });
      await askAgain(400, WRONG);
      return;
    }
    await steps.passed(ctx, { account: signIn.account, method });
  };
}

/** @param problem why the person is asked again */
export async function renderLogin(
  ctx: Context,
  services: InteractionServices,
  loginHint: string | undefined,
  problem?: Message,
): Promise<void> {
  const { mail, newPeople, passkeys, renderPage, emailSignIn } = services;
  const { pending } = ctx.state;
  const error = problem && { ...problem, traceId: ctx.state.traceId };
  const path = interactionPath(ctx, pending.uid);
  renderPage(ctx, 'login', {
    ...(await stepPage(ctx, services, 'login')),
    loginHint,
    ...(emailSignIn !== 'off' && { byMailUrl: `${path}/${EMAIL_STEP}` }),
    passkey: passkeys && {
      action: `${path}/passkey`,
      options: passkeys.signInOptions(pending.signInKey),
    },
    ...(mail.isEnabled && {
      forgottenUrl: forgottenUrl(ctx, { interaction: pending.uid, ...uiLocalesOf(ctx) }),
    }),
    // A request for one account is not answered for a new one.
    signUpUrl:
      newPeople.signUps === undefined || pending.isForOneAccount ? undefined : `${path}/${SIGN_UP_STEP}`,
    error,
  });
}
