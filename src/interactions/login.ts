import type { Context, Middleware } from 'koa';
import type { SignIn } from '../accounts/authentication.ts';
import { MAXIMUM_PASSWORD_BYTES, PasswordQueueFullError } from '../accounts/passwords.ts';
import { networkOf } from '../limits/network.ts';
import type { PendingAuthorization } from '../oidc/interactions.ts';
import { clientView, interactionPath } from './client-view.ts';
import { deviceOf, keepDevice } from './device-cookie.ts';
import { field, hasValidCsrf } from './pending.ts';
import type { InteractionServices } from './services.ts';

/** The step in which someone proves who they are. */

/** The same for a locked account, so that nobody learns which accounts there are. */
const WRONG = {
  title: 'That did not work',
  message:
    'The username or the password is not right. Check both and try again. After many attempts, even the right password is refused for some minutes.',
};

const TOO_LONG = {
  title: 'That password is too long',
  message: `A password has ${MAXIMUM_PASSWORD_BYTES} bytes at most.`,
};

const limited = (seconds: number) => ({
  title: 'Too many attempts',
  message: `Too many sign-ins from your network failed. Please try again in ${Math.ceil(seconds / 60)} min.`,
});

const BUSY = {
  title: 'Too many sign-ins right now',
  message: 'We are very busy. Please try again in a few seconds.',
};

export function showLogin(services: InteractionServices): Middleware {
  return async (ctx) => {
    const pending = ctx.state.pending as PendingAuthorization;
    page(ctx, pending, services, pending.loginHint);
  };
}

export function submitLogin(services: InteractionServices): Middleware {
  const { authentication, audit, interactions, metrics } = services;
  return async (ctx) => {
    const pending = ctx.state.pending as PendingAuthorization;
    if (!hasValidCsrf(ctx, pending, services)) return;
    const username = field(ctx, 'login') ?? '';
    const password = field(ctx, 'password') ?? '';
    if (Buffer.byteLength(password) > MAXIMUM_PASSWORD_BYTES) {
      ctx.status = 400;
      page(ctx, pending, services, username, TOO_LONG);
      return;
    }
    const event = { clientId: pending.client.id, ip: ctx.ip, traceId: ctx.state.traceId as string };
    const attempt = { username, password, network: networkOf(ctx.ip), device: deviceOf(ctx) };
    let signIn: SignIn;
    try {
      signIn = await authentication.signIn(attempt);
    } catch (error) {
      if (!(error instanceof PasswordQueueFullError)) throw error;
      metrics.login('busy');
      ctx.status = 503;
      ctx.set('Retry-After', '5');
      page(ctx, pending, services, username, BUSY);
      return;
    }
    if (signIn.outcome === 'limited') {
      metrics.login('limited');
      metrics.limited('wrong_passwords');
      audit.record({ type: 'login.limited', ...event });
      ctx.status = 429;
      ctx.set('Retry-After', String(signIn.retryAfter));
      page(ctx, pending, services, username, limited(signIn.retryAfter));
      return;
    }
    if (signIn.outcome === 'refused') {
      const { locked } = signIn;
      metrics.login('failed');
      audit.record({ type: 'login.failed', ...event });
      if (locked !== undefined) {
        metrics.accountLocked();
        const { accountId, what } = locked;
        audit.record({ type: 'account.locked', accountId, ...event, detail: { what } });
      }
      ctx.status = 400;
      page(ctx, pending, services, username, WRONG);
      return;
    }
    const { account, device } = signIn;
    const next = await interactions.signIn(ctx, account);
    keepDevice(ctx, device, services.deviceLifetime);
    metrics.login('succeeded');
    audit.record({ type: 'login.succeeded', accountId: account.id, ...event });
    ctx.status = 303;
    ctx.redirect(next);
  };
}

function page(
  ctx: Context,
  pending: PendingAuthorization,
  { showPage }: InteractionServices,
  loginHint: string | undefined,
  error?: { title: string; message: string },
): void {
  const path = interactionPath(pending);
  showPage(
    ctx,
    'login',
    {
      action: `${path}/login`,
      csrf: pending.csrf,
      cancelUrl: `${path}/abort?csrf=${pending.csrf}`,
      client: clientView(pending),
      loginHint,
      error,
    },
    { images: [pending.client.logoUri], formTargets: [pending.redirectUri] },
  );
}
