import type { Context, Middleware } from 'koa';
import type { PageData } from './page-data.ts';
import type { PageHeaders, PagePolicy } from './csp.ts';
import type { Pages } from './views.ts';

/** Answers with one of our pages and the headers that go with it. The status stays as the caller has set it. */
export type RenderPage = <Name extends keyof PageData>(
  ctx: Context,
  page: Name,
  data: PageData[Name],
  policy?: PagePolicy,
) => void;

/** Headers of a page for whatever else is HTML: koa writes a link into every redirect. */
export function pageDefaults(headers: PageHeaders): Middleware {
  const defaults = headers.page();
  return (ctx, next) => {
    ctx.set(defaults);
    return next();
  };
}

export function createRenderer(pages: Pages, headers: PageHeaders): RenderPage {
  return (ctx, page, data, policy) => {
    const { status } = ctx;
    ctx.body = pages.render(page, data);
    ctx.type = 'html';
    // Assigning a body makes koa say 200 unless a status was set.
    if (status !== 404) ctx.status = status;
    ctx.set(headers.page({ script: pages.scripts[page], ...policy }));
  };
}
