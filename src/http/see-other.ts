import type { Context } from 'koa';

/**
 * Redirects to a page by GET, also from a form.
 * @param location as browsers see it, with the path of the issuer (`publicPath`)
 */
export function seeOther(ctx: Context, location: string): void {
  ctx.status = 303;
  ctx.redirect(location);
}
