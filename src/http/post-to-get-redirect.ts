import type { Context, Middleware } from 'koa';
import { continuePage, type ShowContinuePage } from '../pages/continue-page.ts';
import { readFormBody } from './form-body.ts';
import { limitAddresses } from './form-validation.ts';
import { publicPath } from './paths.ts';
import { Problem } from './problem.ts';
import { seeOther } from './see-other.ts';
import type { RenderPage } from '../pages/render.ts';

/**
 * Turns authorization and logout requests by POST (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2) into GET. A form from another site is
 * sent without our cookies, which are `SameSite=Lax`; a redirect sends them. A request that is too long for an address, for instance with an
 * ID token of many groups, is posted again by a page of ours, and presented to the engine as GET.
 */

/** Characters that proxies accept as a request line. */
const MAX_QUERY_LENGTH = 8000;

/** Marks the form of our page. It was sent with all cookies of the browser: without a session cookie then, there is no session. */
const REPOST_MARK = 'signet_again';

/** @param sessionCookie its name */
export function postToGetRedirect(renderPage: RenderPage, sessionCookie: string): Middleware {
  const showContinue = continuePage(renderPage);
  return async (ctx, next) => {
    if (ctx.method !== 'POST') return await next();
    const form = await readFormBody(ctx);
    if (ctx.querystring !== '') throw invalid('the parameters of a POST belong in its body, not in the URL');
    if (form === undefined) throw invalid('the request is not a form, or too long');
    limitAddresses(form);
    const query = queryOf(form);
    const text = query.toString();
    if (text.length <= MAX_QUERY_LENGTH) {
      seeOther(ctx, `${publicPath(ctx, ctx.path)}?${text}`);
    } else if (query.has(REPOST_MARK) || ctx.cookies.get(sessionCookie) !== undefined) {
      query.delete(REPOST_MARK);
      await asGet(ctx, query.toString(), next);
    } else {
      query.set(REPOST_MARK, '1');
      showRepostForm(ctx, query, showContinue);
    }
  };
}

/** Presents the form to the engine as query of a GET request. */
async function asGet(ctx: Context, query: string, next: () => Promise<unknown>): Promise<void> {
  const { method, url } = ctx;
  ctx.method = 'GET';
  ctx.querystring = query;
  try {
    await next();
  } finally {
    ctx.method = method;
    ctx.url = url;
  }
}

function showRepostForm(ctx: Context, query: URLSearchParams, showContinue: ShowContinuePage): void {
  ctx.status = 200;
  const fields = [...query].map(([name, value]) => ({ name, value }));
  showContinue(ctx, { action: publicPath(ctx, ctx.path), fields });
}

function invalid(description: string): Problem {
  return new Problem(400, 'invalid_request', description);
}

function queryOf(form: Readonly<Record<string, string | string[] | undefined>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(form)) {
    for (const value of [values ?? []].flat()) query.append(name, value);
  }
  return query;
}
