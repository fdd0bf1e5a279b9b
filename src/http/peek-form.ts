import type { IncomingMessage } from 'node:http';
import { parse, type ParsedUrlQuery } from 'node:querystring';
import type { Context } from 'koa';

/**
 * The parameters of a small, plain form, read ahead: its bytes stay in the request for whoever reads it next. Everything else is none of
 * this file's business, and looks as if nobody had touched it.
 */

const PLAIN_FORM = /^application\/x-www-form-urlencoded(?:; ?charset=utf-8)?$/i;

/** Bytes. */
const LARGEST = 4096;

/**
 * @returns undefined for a body that is not small and plain
 * @throws HttpError 400 when the connection broke before the body was there
 */
export async function peekForm(ctx: Context): Promise<ParsedUrlQuery | undefined> {
  const { req } = ctx;
  const length = Number(req.headers['content-length'] ?? 0);
  if (!(length > 0 && length <= LARGEST) || !PLAIN_FORM.test(req.headers['content-type'] ?? '')) {
    return undefined;
  }
  // A small body is usually in the packet that brought the head, and there in a moment.
  await Promise.resolve();
  const chunks: Buffer[] = [];
  let missing = length;
  for (;;) {
    const chunk: Buffer | null = req.read();
    if (chunk !== null) {
      chunks.push(chunk);
      missing -= chunk.length;
    }
    if (missing <= 0) break;
    if (req.readableEnded || req.destroyed) ctx.throw(400, 'request aborted');
    // The server's timeouts end a wait for a slow sender.
    await change(req);
  }
  const body = Buffer.concat(chunks);
  req.unshift(body);
  return parse(body.toString());
}

/** More of the request is there, or nothing more will come. */
function change(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const changed = () => {
      request.off('readable', changed).off('close', changed);
      resolve();
    };
    request.on('readable', changed).on('close', changed);
  });
}
