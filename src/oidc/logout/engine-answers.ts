import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Config } from '../../config/config.ts';
import type { LogoutRedirect } from './front-channel.ts';
import { redirectRepeatedLogout, setLogoutCookie } from './repeated-answer.ts';
import { redirectAfterConfirmation, redirectWithoutSession } from './rp-initiated.ts';

/** Around the engine at `/logout`. */
export function logoutAnswers(config: Pick<Config, 'profile'>): Middleware {
  return async (ctx, next) => {
    await next();
    // Without a session the engine asks by a form that a script posts. There is nothing to ask.
    const { session } = (ctx as KoaContextWithOIDC).oidc;
    if (ctx.status === 200 && session !== undefined && session.accountId === undefined) {
      redirectWithoutSession(ctx, config);
    }
    setLogoutCookie(ctx);
  };
}

/** Around the engine where the question is answered. */
export function confirmationAnswers(redirectAfterEnd: LogoutRedirect): Middleware {
  return async (ctx, next) => {
    await next();
    if (ctx.status === 303) await redirectAfterConfirmation(ctx as KoaContextWithOIDC, redirectAfterEnd);
    else if (ctx.status === 400) await redirectRepeatedLogout(ctx);
  };
}
