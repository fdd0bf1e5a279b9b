import type { Middleware } from 'koa';
import type { PageHeaders } from './page-security.ts';

/**
 * Headers for the pages that the engine writes itself (form_post responses, sign-out without a session). They are set before it runs, as
 * it adds its script's hash to a policy that is already there; our own pages replace them.
 */
export function enginePages(headers: PageHeaders): Middleware {
  const defaults = headers.enginePage();
  return async (ctx, next) => {
    if (ctx.path.startsWith('/authorize') || ctx.path.startsWith('/logout')) ctx.set(defaults);
    await next();
  };
}
