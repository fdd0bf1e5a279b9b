import type { Middleware } from 'koa';
import type { PageHeaders } from '../../pages/csp.ts';
import { engineForm } from '../engine/engine-forms.ts';
import { redirectRepeatedLogout, setLogoutCookie } from './repeated-answer.ts';
import { redirectAfterConfirmation, redirectWithoutSession } from './rp-initiated.ts';

/** Around the engine at `/logout`: without a session there is nothing to ask, and the browser is redirected at once. */
export function logoutAnswers(headers: PageHeaders): Middleware {
  const defaults = headers.enginePage();
  return async (ctx, next) => {
    ctx.set(defaults);
    await next();
    if (engineForm(ctx.body) !== undefined) redirectWithoutSession(ctx);
    setLogoutCookie(ctx);
  };
}

/** Around the engine where the question is answered: a repeated answer is redirected like the first. */
export function confirmationAnswers(headers: PageHeaders): Middleware {
  const defaults = headers.enginePage();
  return async (ctx, next) => {
    ctx.set(defaults);
    await next();
    await redirectRepeatedLogout(ctx);
    redirectAfterConfirmation(ctx);
  };
}
