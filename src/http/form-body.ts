import type { IncomingMessage } from 'node:http';
import { parse, type ParsedUrlQuery } from 'node:querystring';
import type { Context } from 'koa';

/**
 * The parameters of a form, read ahead: its bytes stay in the request for whoever reads it next, as if nobody had touched them.
 */

const FORM = /^application\/x-www-form-urlencoded(?: *; *charset=(?:utf-8|"utf-8"))?$/i;

/** Whether a request says that its body is a form, in the one encoding that forms have (RFC 6749 §3.2, appendix B). */
export function isForm({ headers }: IncomingMessage): boolean {
  return FORM.test(headers['content-type'] ?? '');
}

/**
 * @param largest bytes; below the 64 KiB that Node buffers of a request
 * @returns undefined for a body that is no form, or larger
 * @throws HttpError 400 when the connection broke before the body was there
 */
export async function readFormBody(ctx: Context, largest: number): Promise<ParsedUrlQuery | undefined> {
  const { req } = ctx;
  if (Number(req.headers['content-length'] ?? 0) > largest || !isForm(req)) return undefined;
  // A small body is usually in the packet that brought the head, and there in a moment.
  await Promise.resolve();
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    // What is left unread would be announced again at once, for ever, and nothing else would get its turn.
    const chunk = req.read() as Buffer | null;
    if (chunk !== null) {
      chunks.push(chunk);
      length += chunk.length;
    }
    if (req.complete || length > largest) break;
    if (req.destroyed) ctx.throw(400, 'request aborted');
    // The server's timeouts end a wait for a slow sender.
    await change(req);
  }
  const body = Buffer.concat(chunks);
  // In the same turn, before the end of the body is announced.
  if (length > 0) req.unshift(body);
  return length > largest ? undefined : parse(body.toString());
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
