import type { Context, Middleware } from 'koa';
import { PasswordQueueFullError } from '../accounts/passwords.ts';
import type { PendingAuthorization } from '../oidc/interactions.ts';
import { clientView, interactionPath } from './client-view.ts';
import { field, hasValidCsrf } from './pending.ts';
import type { InteractionServices } from './services.ts';

/** The step in which someone proves who they are. */

const WRONG = {
  title: 'That did not work',
  message: 'The username or the password is not right. Check both and try again.',
};

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
  const { accounts, audit, interactions, metrics } = services;
  return async (ctx) => {
    const pending = ctx.state.pending as PendingAuthorization;
    if (!hasValidCsrf(ctx, pending, services)) return;
    const username = field(ctx, 'login') ?? '';
    const event = { clientId: pending.client.id, ip: ctx.ip, traceId: ctx.state.traceId as string };
    let account: Awaited<ReturnType<typeof accounts.authenticate>>;
    try {
      account = await accounts.authenticate(username, field(ctx, 'password') ?? '');
    } catch (error) {
      if (!(error instanceof PasswordQueueFullError)) throw error;
      metrics.login('busy');
      ctx.status = 503;
      ctx.set('Retry-After', '5');
      page(ctx, pending, services, username, BUSY);
      return;
    }
    if (account === undefined) {
      metrics.login('failed');
      audit.record({ type: 'login.failed', ...event });
      ctx.status = 400;
      page(ctx, pending, services, username, WRONG);
      return;
    }
    const next = await interactions.signIn(ctx, account);
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
