import { STATUS_CODES } from 'node:http';
import { HttpError, type Middleware } from 'koa';

/**
 * The one place that turns errors, and requests that no route took, into JSON. Only texts that were written for the
 * client are shown; anything else is 500 and goes to the application's `error` event.
 */
export const jsonErrors: Middleware = async (ctx, next) => {
  try {
    await next();
    if (ctx.status < 400 || ctx.body) return;
    answer(ctx.status);
  } catch (error) {
    if (error instanceof HttpError && error.expose) {
      answer(error.status, error.message);
      return;
    }
    ctx.app.emit('error', error, ctx);
    answer(500);
  }

  function answer(status: number, description = STATUS_CODES[status] ?? 'Error'): void {
    ctx.body = { error: errorCode(status), error_description: description };
    ctx.status = status;
  }
};

/** `Not Found` → `not_found`; a bad request has OAuth's name for it. */
function errorCode(status: number): string {
  if (status === 400) return 'invalid_request';
  return (STATUS_CODES[status] ?? 'error').toLowerCase().replaceAll(/\W+/g, '_');
}
