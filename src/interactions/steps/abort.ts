import type { Middleware } from 'koa';
import type { PendingAuthorization } from '../../oidc/authorization/interactions.ts';
import { hasValidCsrf } from '../pending.ts';
import type { InteractionServices } from '../services.ts';

const REASONS: Readonly<Record<string, string>> = {
  login: 'You cancelled the sign-in.',
  consent: 'You did not allow the access.',
};

/** Cancel: a plain link, so that it works everywhere; it carries the interaction's token like the forms do. */
export function abort(services: InteractionServices): Middleware {
  const { audit, interactions } = services;
  return async (ctx) => {
    const pending = ctx.state.pending as PendingAuthorization;
    const token = ctx.method === 'POST' ? undefined : [ctx.query.csrf ?? ''].flat().join();
    if (!hasValidCsrf(ctx, pending, services, token)) return;
    const next = await interactions.abort(ctx, REASONS[pending.prompt] ?? 'You cancelled the request.');
    if (pending.prompt === 'consent') {
      audit.record({
        type: 'consent.denied',
        accountId: pending.accountId,
        clientId: pending.client.id,
        ip: ctx.ip,
        traceId: ctx.state.traceId as string,
      });
    }
    ctx.status = 303;
    ctx.redirect(next);
  };
}
