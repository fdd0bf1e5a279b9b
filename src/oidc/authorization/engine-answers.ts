import type { Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { continuePage } from '../../pages/continue-page.ts';
import type { RenderPage } from '../../pages/render.ts';
import { setLogoutCookie } from '../logout/repeated-answer.ts';
import { clearEndedInteraction } from './interaction-end.ts';
import { setReturnLink } from './return-link.ts';

/** Around the engine where a request resumes after an interaction. */
export function resumeAnswers(renderPage: RenderPage): Middleware {
  const showContinue = continuePage(renderPage);
  return async (ctx, next) => {
    await next();
    const { oidc } = ctx as KoaContextWithOIDC;
    const secret = logoutSecret(oidc);
    if (secret !== undefined) {
      const fields = [
        { name: 'xsrf', value: secret },
        { name: 'logout', value: 'yes' },
      ];
      const action = oidc.urlFor('end_session_confirm');
      showContinue(ctx, { action, fields });
      setLogoutCookie(ctx);
    }
    linkEndedInteraction(ctx);
  };
}

/**
 * The secret of the form that ends the session because another person has signed in. The engine writes that form as a page of its own, with
 * a script; ours takes its place.
 */
function logoutSecret({ session, result, entities }: KoaContextWithOIDC['oidc']): string | undefined {
  const login = result?.login ?? entities.Interaction?.result?.login;
  const { secret } = (session?.state ?? {}) as { secret?: unknown };
  const isOther =
    session?.accountId !== undefined && login !== undefined && session.accountId !== login.accountId;
  return isOther && typeof secret === 'string' ? secret : undefined;
}

/** After the end of an interaction: its page links to the next step, or to the application. */
function linkEndedInteraction(ctx: Parameters<Middleware>[0]): void {
  const ended = clearEndedInteraction(ctx);
  if (ended?.next !== undefined) setReturnLink(ctx, ended.uid, { step: ended.next });
  else if (ended?.answered !== undefined) {
    setReturnLink(ctx, ended.uid, { clientId: ended.answered, finished: true });
  }
}
