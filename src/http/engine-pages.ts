import type { Middleware } from 'koa';
import { rememberWayBack } from '../interactions/way-back.ts';
import { endedInteraction } from '../oidc/interaction-end.ts';
import { rememberLogout, repeatLogout } from '../oidc/logout-end.ts';
import { leaveWithoutSession, nameClientAfterLogout } from '../oidc/logout-pages.ts';
import type { PageHeaders } from './page-security.ts';
import { compileTemplates } from './pages.ts';
import { standaloneStyle } from './standalone-style.ts';

/**
 * What the engine answers by itself on its way through `/authorize` and `/logout`, made fit for people: its one page, a form that a
 * script posts (form_post responses, sign-in as someone else), works and looks like a page of ours without JavaScript too, and
 * what it leaves behind in the browser is cleared away.
 */
export function enginePages(headers: PageHeaders): Middleware {
  const style = standaloneStyle();
  const templates = compileTemplates(['layout', 'continue']);
  // Set before the engine runs, as it adds its script's hash to a policy that is there; our own pages replace them.
  const defaults = headers.enginePage({ style });
  return async (ctx, next) => {
    ctx.set(defaults);
    await next();
    const form = engineForm(ctx.body);
    if (form !== undefined && ctx.path === '/logout') leaveWithoutSession(ctx);
    else if (form !== undefined) ctx.body = templates.render('continue', { ...form, style, site: {} });
    if (ctx.path === '/logout' || form?.action.endsWith('/logout/confirm') === true) rememberLogout(ctx);
    if (ctx.path === '/logout/confirm') {
      nameClientAfterLogout(ctx);
      await repeatLogout(ctx);
    }
    const ended = ctx.path.startsWith('/authorize/') ? endedInteraction(ctx) : undefined;
    if (ended?.next !== undefined) rememberWayBack(ctx, ended.uid, { step: ended.next });
    else if (ended?.answered !== undefined)
      rememberWayBack(ctx, ended.uid, { clientId: ended.answered, finished: true });
  };
}

interface EngineForm {
  action: string;
  fields: string;
  /** To the letter: the policy has its hash. */
  script: string;
}

/** The parts of the engine's page, as HTML; undefined when this is none. */
function engineForm(body: unknown): EngineForm | undefined {
  if (typeof body !== 'string' || !body.includes('<title>Submitting Callback</title>')) return undefined;
  const parts = /<script>([^<]*)<\/script>[^]*<form method="post" action="([^"]*)">([^]*?)<noscript>/.exec(
    body,
  );
  const [, script, action, fields] = parts ?? [];
  if (script === undefined || action === undefined || fields === undefined) return undefined;
  return { action, fields, script };
}
