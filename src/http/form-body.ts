import type { IncomingMessage } from 'node:http';
import { parse, type ParsedUrlQuery } from 'node:querystring';
import type { Context } from 'koa';

/**
 * The body of a request, read and parsed once. Afterwards the parameters are in `ctx.state.form`, also for the engine
 * (`oidc/engine/request-body.ts`).
 */

const FORM = /^application\/x-www-form-urlencoded(?: *; *charset=(?:utf-8|"utf-8"))?$/i;

/** Also with other parameters. Our pages are in UTF-8, and so are their forms. */
const PAGE_FORM = /^application\/x-www-form-urlencoded *(?:;|$)/i;

/** Bytes of the forms that applications post: the engine's own limit. */
const MAX_FORM_BYTES = 56 * 1024;

/** Whether a request says that its body is a form, in the one encoding that forms have (RFC 6749 §3.2, appendix B). */
export function isForm({ headers }: IncomingMessage): boolean {
  return FORM.test(headers['content-type'] ?? '');
}

/** Whether a request says that its body is a form of a page. */
export function isPageForm({ headers }: IncomingMessage): boolean {
  return PAGE_FORM.test(headers['content-type'] ?? '');
}

/**
 * @param maxBytes up to the 64 KiB that Node buffers of a request
 * @param isReadable by the head of the request
 * @returns undefined for a body that is no form, or larger
 * @throws HttpError 400 when the connection ends before the body is complete
 */
export async function readFormBody(
  ctx: Context,
  maxBytes = MAX_FORM_BYTES,
  isReadable = isForm,
): Promise<ParsedUrlQuery | undefined> {
  const { req, state } = ctx;
  if (state.form !== undefined) return state.form;
  if (!isReadable(req)) return undefined;
  const body = await readBytes(ctx, maxBytes);
  if (body === undefined) return undefined;
  state.form = parse(body.toString());
  return state.form;
}

/**
 * @param maxBytes up to the 64 KiB that Node buffers of a request
 * @returns undefined for a larger body
 * @throws HttpError 400 when the connection ends before the body is complete
 */
export async function readBytes(ctx: Context, maxBytes: number): Promise<Buffer | undefined> {
  const { req } = ctx;
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return undefined;
  // A small body usually arrives in the packet that brought the head.
  await Promise.resolve();
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = req.read() as Buffer | null;
    if (chunk !== null) {
      chunks.push(chunk);
      length += chunk.length;
    }
    if (length > maxBytes) return undefined;
    if (req.complete) break;
    if (req.destroyed) ctx.throw(400, 'request aborted');
    // The server's timeouts end the wait for a slow sender.
    await moreData(req);
  }
  const [first = Buffer.alloc(0), ...rest] = chunks;
  return rest.length === 0 ? first : Buffer.concat(chunks, length);
}

/** Resolves when more of the body has arrived, or the connection is closed. */
function moreData(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      request.off('readable', settle).off('close', settle);
      resolve();
    };
    request.on('readable', settle).on('close', settle);
  });
}

/** The value of a parameter of a form that was read, when it was sent exactly once. */
export function formField({ state: { form } }: Context, name: string): string | undefined {
  const value = form !== undefined && Object.hasOwn(form, name) ? form[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
