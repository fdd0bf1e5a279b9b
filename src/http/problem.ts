import type { Context } from 'koa';
import { formatWait } from '../pages/error-texts.ts';

/** A refusal on its way to the error page. Nothing failed: the request's own line in the log says enough. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly error: string;
  /** Seconds. */
  readonly retryAfter: number | undefined;

  constructor(status: number, error: string, description: string, retryAfter?: number) {
    super(description);
    this.status = status;
    this.error = error;
    this.retryAfter = retryAfter;
  }
}

/**
 * Answers with an error that says nothing of the request and is never cached: JSON, or for a browser the error page, which the
 * error boundary shows.
 * @param description one fragment in lower case
 * @param retryAfter seconds
 * @throws Problem when the client prefers HTML
 */
export function sendProblem(
  ctx: Context,
  status: number,
  error: string,
  description: string,
  retryAfter?: number,
): void {
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
  if (ctx.accepts('json', 'html') === 'html') throw new Problem(status, error, description, retryAfter);
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  const wait = retryAfter === undefined ? '' : `; try again in ${formatWait(retryAfter)}`;
  ctx.body = { error, error_description: description + wait };
}
