import type { Middleware } from 'koa';
import { setReturnLink } from '../authorization/return-link.ts';
import { pendingRedirectUri } from '../authorization/request-cookie.ts';
import { endedInteraction } from '../authorization/interaction-end.ts';
import { setLogoutCookie, redirectRepeatedLogout } from '../logout/repeated-answer.ts';
import { redirectAfterConfirmation, redirectWithoutSession } from '../logout/rp-initiated.ts';
import { continuePage, type PostedForm } from '../../pages/continue-page.ts';
import type { PageHeaders } from '../../pages/csp.ts';
import type { RenderPage } from '../../pages/render.ts';

/**
 * What the engine answers by itself on its way through `/authorize` and `/logout`, made fit for people: its one page, a form that a
 * script posts (form_post responses, sign-in as someone else), works and looks like a page of ours without JavaScript too, and
 * what it leaves behind in the browser is cleared away.
 */
export function enginePages(headers: PageHeaders, renderPage: RenderPage): Middleware {
  const showContinue = continuePage(renderPage);
  // Set before the engine runs, as it adds its script's hash to a policy that is there; our own pages replace them.
  const defaults = headers.enginePage();
  return async (ctx, next) => {
    ctx.set(defaults);
    await next();
    const form = engineForm(ctx.body);
    if (form !== undefined && ctx.path === '/logout') redirectWithoutSession(ctx);
    else if (form !== undefined) showContinue(ctx, form, [pendingRedirectUri(ctx)]);
    if (ctx.path === '/logout' || form?.action.endsWith('/logout/confirm') === true) setLogoutCookie(ctx);
    if (ctx.path === '/logout/confirm') {
      await redirectRepeatedLogout(ctx);
      redirectAfterConfirmation(ctx);
    }
    const ended = ctx.path.startsWith('/authorize/') ? endedInteraction(ctx) : undefined;
    if (ended?.next !== undefined) setReturnLink(ctx, ended.uid, { step: ended.next });
    else if (ended?.answered !== undefined)
      setReturnLink(ctx, ended.uid, { clientId: ended.answered, finished: true });
  };
}

/** The engine's page, read as a form; undefined when this is none. */
function engineForm(body: unknown): PostedForm | undefined {
  if (typeof body !== 'string' || !body.includes('<title>Submitting Callback</title>')) return undefined;
  const [, action, content] = /<form method="post" action="([^"]*)">([^]*?)<noscript>/.exec(body) ?? [];
  if (action === undefined || content === undefined) return undefined;
  const fields = [...content.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"\/>/g)];
  return {
    action: textOf(action),
    fields: fields.map(([, name = '', value = '']) => ({ name: textOf(name), value: textOf(value) })),
  };
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
]);

function textOf(html: string): string {
  return html.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES.get(entity) ?? entity);
}
