import type { Context, Middleware } from 'koa';
import type { Logger } from '../observability/log.ts';
import { StoreUnavailableError } from '../store/errors.ts';
import type { ShowPage } from './show-page.ts';

/** The one place where an error that was thrown becomes a response: the log gets the error, the client a trace id. */
export function errorBoundary(log: Logger, showPage: ShowPage): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const answer = answerTo(error);
      const traceId = ctx.state.traceId as string;
      log[answer.status < 500 ? 'info' : 'error']({ traceId, err: error }, 'request failed');
      if (answer.status === 503) ctx.set('Retry-After', '1');
      respond(ctx, answer, traceId, showPage);
    }
  };
}

interface Answer {
  status: number;
  error: string;
  description: string;
}

function answerTo(error: unknown): Answer {
  if (error instanceof StoreUnavailableError) {
    return { status: 503, error: 'temporarily_unavailable', description: 'Please try again in a moment.' };
  }
  // What `ctx.throw` makes (http-errors): the client's fault, said in words meant for it.
  const { status, expose, message } = error as { status?: unknown; expose?: unknown; message?: unknown };
  if (expose === true && typeof status === 'number' && status < 500) {
    return { status, error: 'invalid_request', description: String(message) };
  }
  return { status: 500, error: 'server_error', description: 'Something failed on our side.' };
}

function respond(
  ctx: Context,
  { status, error, description }: Answer,
  traceId: string,
  showPage: ShowPage,
): void {
  ctx.status = status;
  if (ctx.accepts('json', 'html') === 'html') showPage(ctx, 'error', { error, description, traceId });
  else ctx.body = { error, error_description: description };
}
