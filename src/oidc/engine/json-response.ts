import type { Context } from 'koa';

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
