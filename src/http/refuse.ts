import type { Context } from 'koa';

/** Answers with an error that needs no page: JSON, never cached, without any detail of the request. */
export function refuse(ctx: Context, status: number, error: string, description: string): void {
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  ctx.body = { error, error_description: description };
}
