import type { Context, Middleware } from 'koa';
import type { Logger } from '../observability/log.ts';
import { SignerUnavailableError } from '../signing/errors.ts';
import { StoreUnavailableError } from '../store/errors.ts';
import { errorText, tooManyRequests } from '../pages/error-texts.ts';
import { Problem } from './problem.ts';
import type { RenderPage } from '../pages/render.ts';
import { standaloneStyle } from '../pages/standalone-style.ts';

/** The one place where an error that was thrown becomes a response: the log gets the error, the client a trace id. */
export function errorBoundary(log: Logger, renderPage: RenderPage): Middleware {
  const style = standaloneStyle();
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const answer = answerTo(error);
      const traceId = ctx.state.traceId as string;
      if (!(error instanceof Problem)) {
        log[answer.status < 500 ? 'info' : 'error']({ traceId, err: error }, 'request failed');
      }
      if (answer.status === 503) ctx.set('Retry-After', '1');
      ctx.status = answer.status;
      if (ctx.accepts('json', 'html') !== 'html') {
        ctx.body = { error: answer.error, error_description: answer.description };
      } else {
        showError(ctx, answer, traceId, style, renderPage);
      }
    }
  };
}

interface Answer {
  status: number;
  error: string;
  description: string;
  /** Seconds. */
  retryAfter?: number | undefined;
}

function answerTo(error: unknown): Answer {
  if (error instanceof Problem) {
    const { status, error: code, message, retryAfter } = error;
    return { status, error: code, description: message, retryAfter };
  }
  if (error instanceof StoreUnavailableError || error instanceof SignerUnavailableError) {
    return { status: 503, error: 'temporarily_unavailable', description: 'try again in a moment' };
  }
  // What `ctx.throw` makes (http-errors): the client's fault, said in words meant for it.
  const { status, expose, message } = error as { status?: unknown; expose?: unknown; message?: unknown };
  if (expose === true && typeof status === 'number' && status < 500) {
    return { status, error: 'invalid_request', description: String(message) };
  }
  return { status: 500, error: 'server_error', description: 'something failed on our side' };
}

function showError(
  ctx: Context,
  { status, error, description, retryAfter }: Answer,
  traceId: string,
  style: string,
  renderPage: RenderPage,
): void {
  const words = retryAfter === undefined ? errorText(error, status) : tooManyRequests(retryAfter);
  const page = { words, error, description, traceId };
  // For a visitor who typed `127.0.0.1` for `localhost`: the page brings its style along, as that address has none to give.
  if (status === 421) renderPage(ctx, 'error', { ...page, address: ctx.origin, style }, { style });
  else renderPage(ctx, 'error', page);
}
