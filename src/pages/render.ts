import type { Context, Middleware } from 'koa';
import { FALLBACK_LANGUAGE } from '../messages/messages.ts';
import type { PageData } from './page-data.ts';
import type { PageHeaders, PagePolicy } from './csp.ts';
import type { Pages } from './views.ts';

declare module 'koa' {
  interface DefaultState {
    /** For pages that are rendered without a policy of their own. */
    pagePolicy?: PagePolicy | undefined;
  }
}

/** Answers with one of our pages and its headers. Keeps the status that the caller has set. */
export type RenderPage = <Name extends keyof PageData>(
  ctx: Context,
  page: Name,
  data: PageData[Name],
  policy?: PagePolicy,
) => void;

/** Page headers for every response of a page route: koa writes HTML into redirects too. */
export function pageDefaults(headers: PageHeaders): Middleware {
  const defaults = headers.page();
  return (ctx, next) => {
    ctx.set(defaults);
    return next();
  };
}

/** @param languageOf the language of the pages that a request gets */
export function createRenderer(
  pages: Pages,
  headers: PageHeaders,
  languageOf: (ctx: Context) => string = () => FALLBACK_LANGUAGE,
): RenderPage {
  return (ctx, page, data, policy) => {
    const { status } = ctx;
    const language = languageOf(ctx);
    ctx.body = pages.render(page, data, language);
    ctx.type = 'html';
    // Without `Vary`: no page is stored by a cache.
    ctx.set('Content-Language', language);
    // Koa sets 200 with the body unless a status was set before.
    if (status !== 404) ctx.status = status;
    const applied = { script: pages.scripts[page], ...(policy ?? ctx.state.pagePolicy) };
    if (applied.embedded === true) ctx.remove('X-Frame-Options');
    ctx.set(headers.page(applied));
  };
}
