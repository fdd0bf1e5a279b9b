import type { Middleware } from 'koa';
import { auditContext } from '../../http/state.ts';
import type { InteractionServices } from '../services.ts';
import { seeOther } from '../../http/see-other.ts';

const REASONS: Readonly<Record<string, string>> = {
  select_account: 'You cancelled the sign-in.',
  login: 'You cancelled the sign-in.',
  second_factor: 'You cancelled the sign-in.',
  access: 'The account may not use this application.',
  consent: 'You did not allow the access.',
};

/** Cancel: a plain link, so that it works everywhere. It has the token of the page in its query. */
export function abort(services: InteractionServices): Middleware {
  const { audit, interactions } = services;
  return async (ctx) => {
    const { pending } = ctx.state;
    const next = await interactions.abort(ctx, REASONS[pending.prompt] ?? 'You cancelled the request.');
    if (pending.prompt === 'consent') {
      audit.record({
        type: 'consent.denied',
        accountId: pending.accountId,
        clientId: pending.client.id,
        ...auditContext(ctx),
      });
    }
    seeOther(ctx, next);
  };
}
