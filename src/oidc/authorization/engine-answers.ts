import type { Middleware } from 'koa';
import { continuePage } from '../../pages/continue-page.ts';
import type { PageHeaders } from '../../pages/csp.ts';
import type { RenderPage } from '../../pages/render.ts';
import { DERIVED_PATHS } from '../../http/paths.ts';
import { engineForm } from '../engine/engine-forms.ts';
import { setLogoutCookie } from '../logout/repeated-answer.ts';
import { endedInteraction } from './interaction-end.ts';
import { pendingRedirectUri } from './request-cookie.ts';
import { setReturnLink } from './return-link.ts';

/**
 * Around the engine at `/authorize`: the form that it posts by script (form_post responses, sign-in as someone else) becomes a page of ours,
 * which works without JavaScript too.
 */
export function authorizationAnswers(headers: PageHeaders, renderPage: RenderPage): Middleware {
  const showContinue = continuePage(renderPage);
  // Before the engine runs: it adds the hash of its script to a policy that is there. Our own pages replace these headers.
  const defaults = headers.enginePage();
  return async (ctx, next) => {
    ctx.set(defaults);
    await next();
    const form = engineForm(ctx.body);
    if (form === undefined) return;
    showContinue(ctx, form, [pendingRedirectUri(ctx)]);
    if (form.action.endsWith(DERIVED_PATHS.end_session_confirm)) setLogoutCookie(ctx);
  };
}

/** Around the engine where a request resumes: clears what the interaction has left in the browser. */
export function resumeAnswers(): Middleware {
  return async (ctx, next) => {
    await next();
    const ended = endedInteraction(ctx);
    if (ended?.next !== undefined) setReturnLink(ctx, ended.uid, { step: ended.next });
    else if (ended?.answered !== undefined) {
      setReturnLink(ctx, ended.uid, { clientId: ended.answered, finished: true });
    }
  };
}
