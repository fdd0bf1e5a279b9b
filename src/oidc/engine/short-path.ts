import type { Context } from 'koa';
import { StoreUnavailableError } from '../../store/errors.ts';

/** What the short paths in front of the engine do in the same way: success and failure. */

/**
 * Answers with JSON in front of the engine, with the headers of the engine's response. They are set on Node's response: koa would look up
 * the content type and check each value. `no-store` is there (`http/headers.ts`).
 */
export function sendJson(ctx: Context, body: object): void {
  const { res } = ctx;
  res.setHeader('Vary', 'Origin');
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  // As text: for an object koa looks for `Response`, which loads the HTTP client behind `fetch`.
  ctx.body = JSON.stringify(body);
}

/**
 * For an error of a short path: the engine meets it again, and reports it. But not while the store does not answer: the client would wait
 * for the time-out twice.
 * @throws StoreUnavailableError
 */
export function leaveToEngine(error: unknown): undefined {
  if (error instanceof StoreUnavailableError) throw error;
}
