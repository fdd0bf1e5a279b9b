import type { Context } from 'koa';

const MAX_LENGTH = 1_000;
/** Control characters, except line breaks and tabs. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/**
 * Reads `text` from `{"text": "…"}`, the body of `POST /messages`.
 * @throws HttpError 415 for another content type, 400 for an invalid body
 */
export function readMessageText(ctx: Pick<Context, 'is' | 'throw' | 'request'>): string {
  if (!ctx.is('application/json')) ctx.throw(415, 'Send the message as application/json');
  const body: unknown = ctx.request.body;
  if (!isObject(body)) ctx.throw(400, 'The body must be a JSON object like {"text":"Hello"}');
  const { text, ...others } = body;
  if (Object.keys(others).length > 0) ctx.throw(400, 'The body may have no member but text');
  if (typeof text !== 'string') ctx.throw(400, 'text must be a string');
  if (text.trim() === '') ctx.throw(400, 'text must not be empty');
  if (text.length > MAX_LENGTH) ctx.throw(400, `text must have at most ${MAX_LENGTH} characters`);
  if (!text.isWellFormed() || CONTROL.test(text))
    ctx.throw(400, 'text must be well-formed, without control characters');
  return text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
