import type { Middleware } from 'koa';
import { formField } from '../../http/form-body.ts';
import { Problem } from '../../http/problem.ts';
import type { Message } from '../../messages/messages.ts';
import type { InteractionServices } from '../services.ts';
import { renderLogin } from './login.ts';

/** The same for an unknown key, a wrong signature and a disabled account. */
const REFUSED: Message = { key: 'passkeys.refused' };

/** A sign-in with a passkey alone. Its form is on the sign-in page, beside that of name and password. */
export function submitPasskey(services: InteractionServices): Middleware {
  const { log, passkeys, steps } = services;
  return async (ctx) => {
    if (passkeys === undefined) throw new Problem(404, 'not_found', 'passkeys are off');
    const { signInKey } = ctx.state.pending;
    const verified = await passkeys.signIn(formField(ctx, 'credential') ?? '', signInKey);
    if (verified.outcome === 'verified') {
      const { account, amr } = verified;
      await steps.passed(ctx, { account, method: 'passkey', amr });
      return;
    }
    const { reason, accountId, detail } = verified;
    log.info({ traceId: ctx.state.traceId, reason, detail }, 'passkey refused');
    steps.refused(ctx, { method: 'passkey', outcome: 'failed', accountId, reason });
    ctx.status = 400;
    await renderLogin(ctx, services, undefined, REFUSED);
  };
}
