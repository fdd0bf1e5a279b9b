import type { Context } from 'koa';

/** A refusal on its way to the error page. Nothing failed: the request's own line in the log says enough. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly error: string;

  constructor(status: number, error: string, description: string) {
    super(description);
    this.status = status;
    this.error = error;
  }
}

/**
 * Answers with an error that says nothing of the request and is never cached: JSON, or for a browser the error page, which the
 * error boundary shows.
 * @throws Refusal when the client prefers HTML
 */
export function refuse(ctx: Context, status: number, error: string, description: string): void {
  if (ctx.accepts('json', 'html') === 'html') throw new Refusal(status, error, description);
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  ctx.body = { error, error_description: description };
}
