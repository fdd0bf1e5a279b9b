import type { Context, Middleware } from 'koa';
import type { Logger } from '../observability/log.ts';
import { errorText, tooManyRequests } from '../pages/error-texts.ts';
import type { RenderPage } from '../pages/render.ts';
import { standaloneStyle } from '../pages/standalone-style.ts';
import { SignerUnavailableError } from '../signing/errors.ts';
import { SealingError } from '../signing/sealing/errors.ts';
import { StoreUnavailableError } from '../store/errors.ts';
import { Problem, sendProblem } from './problem.ts';

/**
 * The one responder: everything that is thrown becomes a response here. The client gets a description and a trace id. The log gets the error;
 * of a `Problem`, its detail with the line of the request (`request-log.ts`).
 */
export function problemResponder(log: Logger, renderPage: RenderPage): Middleware {
  const style = standaloneStyle();
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const problem = toProblem(error);
      ctx.state.problem = problem;
      if (problem !== error) {
        const level = problem.status < 500 ? 'info' : 'error';
        log[level]({ traceId: ctx.state.traceId, err: error }, 'request failed');
      }
      if (isForPage(ctx, problem)) renderProblem(ctx, problem, style, renderPage);
      else sendProblem(ctx, problem);
    }
  };
}

/** The problem that a client gets for an error. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isUnavailable(error)) return unavailable();
  // From `ctx.throw` (http-errors): an error of the client, with a message for it.
  const { status, expose, message } = error as { status?: unknown; expose?: unknown; message?: unknown };
  if (expose === true && typeof status === 'number' && status < 500) {
    return new Problem(status, 'invalid_request', String(message));
  }
  return new Problem(500, 'server_error', 'something failed on our side');
}

/** The store, the signer or a sealing key: the operator has to do something, the client has to wait. */
export function isUnavailable(error: unknown): boolean {
  return (
    error instanceof StoreUnavailableError ||
    error instanceof SignerUnavailableError ||
    error instanceof SealingError
  );
}

/** The response for such an error. */
export function unavailable(): Problem {
  return new Problem(503, 'temporarily_unavailable', 'try again in a moment', {
    headers: { 'Retry-After': '1' },
  });
}

function isForPage(ctx: Context, { options: { format } }: Problem): boolean {
  return format === undefined ? ctx.accepts('json', 'html') === 'html' : format === 'page';
}

function renderProblem(
  ctx: Context,
  { status, code, message: description, options: { retryAfter, headers, ...options } }: Problem,
  style: string,
  renderPage: RenderPage,
): void {
  ctx.status = status;
  if (headers !== undefined) ctx.set(headers);
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
  const byCode = retryAfter === undefined ? errorText(code, status) : tooManyRequests(retryAfter);
  const words = options.words ?? byCode;
  const page = { words, error: code, description, traceId: ctx.state.traceId, address: options.address };
  // For a visitor who typed `127.0.0.1` for `localhost`: that address serves no stylesheet, so the page contains its style.
  if (status === 421) renderPage(ctx, 'error', { ...page, style }, { style });
  else renderPage(ctx, 'error', page);
}
