import { STATUS_CODES } from 'node:http';
import { HttpError, type Middleware } from 'koa';

/**
 * Converts errors, and requests that match no route, into JSON responses. Only messages marked for the client (`expose`) are sent;
 * any other error becomes 500 and is emitted as the application's `error` event.
 */
export const jsonErrors: Middleware = async (ctx, next) => {
  try {
    await next();
    if (ctx.status < 400 || ctx.body) return;
    send(ctx.status);
  } catch (error) {
    if (error instanceof HttpError && error.expose) {
      send(error.status, error.message);
      return;
    }
    ctx.app.emit('error', error, ctx);
    send(500);
  }

  function send(status: number, description = STATUS_CODES[status] ?? 'Error'): void {
    ctx.body = { error: errorCode(status), error_description: description };
    ctx.status = status;
  }
};

/** `Not Found` → `not_found`. Status 400 has the OAuth code. */
function errorCode(status: number): string {
  if (status === 400) return 'invalid_request';
  return (STATUS_CODES[status] ?? 'error').toLowerCase().replaceAll(/\W+/g, '_');
}
