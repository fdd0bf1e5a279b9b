import { timingSafeEqual } from 'node:crypto';
import type { Middleware } from 'koa';
import type { PendingAuthorization } from '../oidc/interactions.ts';
import { interactionPath } from './client-view.ts';
import type { InteractionServices } from './services.ts';

const REASONS: Readonly<Record<string, string>> = {
  login: 'You cancelled the sign-in.',
  consent: 'You did not allow the access.',
};

/** Cancel: a plain link, so that it works everywhere; it carries the interaction's token like the forms do. */
export function abort({ audit, interactions }: InteractionServices): Middleware {
  return async (ctx) => {
    const pending = ctx.state.pending as PendingAuthorization;
    const given = Buffer.from(typeof ctx.query.csrf === 'string' ? ctx.query.csrf : '');
    const expected = Buffer.from(pending.csrf);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      ctx.status = 303;
      ctx.redirect(interactionPath(pending));
      return;
    }
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
