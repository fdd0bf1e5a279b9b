import type { Context, Middleware } from 'koa';
import type { Logger } from '../observability/log.ts';
import { SignerUnavailableError } from '../signing/errors.ts';
import { StoreUnavailableError } from '../store/errors.ts';
import { Refusal } from './refuse.ts';
import type { ShowPage } from './show-page.ts';
import { standaloneStyle } from './standalone-style.ts';

/** The one place where an error that was thrown becomes a response: the log gets the error, the client a trace id. */
export function errorBoundary(log: Logger, showPage: ShowPage): Middleware {
  const style = standaloneStyle();
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const answer = answerTo(error);
      const traceId = ctx.state.traceId as string;
      if (!(error instanceof Refusal)) {
        log[answer.status < 500 ? 'info' : 'error']({ traceId, err: error }, 'request failed');
      }
      if (answer.status === 503) ctx.set('Retry-After', '1');
      ctx.status = answer.status;
      if (ctx.accepts('json', 'html') !== 'html') {
        ctx.body = { error: answer.error, error_description: answer.description };
      } else if (answer.status === 421) {
        showMisdirected(ctx, { ...answer, traceId }, style, showPage);
      } else {
        showPage(ctx, 'error', { ...answer, traceId });
      }
    }
  };
}

interface Answer {
  status: number;
  error: string;
  description: string;
}

function answerTo(error: unknown): Answer {
  if (error instanceof Refusal) {
    return { status: error.status, error: error.error, description: error.message };
  }
  if (error instanceof StoreUnavailableError || error instanceof SignerUnavailableError) {
    return { status: 503, error: 'temporarily_unavailable', description: 'Please try again in a moment.' };
  }
  // What `ctx.throw` makes (http-errors): the client's fault, said in words meant for it.
  const { status, expose, message } = error as { status?: unknown; expose?: unknown; message?: unknown };
  if (expose === true && typeof status === 'number' && status < 500) {
    return { status, error: 'invalid_request', description: String(message) };
  }
  return { status: 500, error: 'server_error', description: 'Something failed on our side.' };
}

/** Whoever typed `127.0.0.1` for `localhost`: the page brings its style along, as that address has none to give. */
function showMisdirected(
  ctx: Context,
  { error, traceId }: Answer & { traceId: string },
  style: string,
  showPage: ShowPage,
): void {
  const description = 'You came by an address that is not the one of this server.';
  showPage(ctx, 'error', { error, description, traceId, address: ctx.origin, style }, { style });
}
