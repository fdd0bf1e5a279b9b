import type { Middleware } from 'koa';
import type { Logger } from '../observability/log.ts';
import { StoreUnavailableError } from '../store/errors.ts';
import type { ShowPage } from './show-page.ts';

/** The one place where an unexpected failure becomes a response: the log gets the error, the client a trace id. */
export function errorBoundary(log: Logger, showPage: ShowPage): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const traceId = ctx.state.traceId as string;
      log.error({ traceId, err: error }, 'request failed');
      const busy = error instanceof StoreUnavailableError;
      ctx.status = busy ? 503 : 500;
      if (busy) ctx.set('Retry-After', '1');
      const code = busy ? 'temporarily_unavailable' : 'server_error';
      const description = busy ? 'Please try again in a moment.' : 'Something failed on our side.';
      if (ctx.accepts('json', 'html') === 'html')
        showPage(ctx, 'error', { error: code, description, traceId });
      else ctx.body = { error: code, error_description: description };
    }
  };
}
