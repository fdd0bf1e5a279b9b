import type { ParsedUrlQuery } from 'node:querystring';
import type { Context, Middleware } from 'koa';
import { isForm, isPageForm, readFormBody } from './form-body.ts';
import { Problem } from './problem.ts';

/** Checks of posted forms, before a handler or the engine sees them. */

/** Below the thousand at which the parser stops: parameters beyond that would not be checked. */
const MAX_PARAMETERS = 100;

/** Parameters that are parsed as URLs before they are compared with the registered ones. */
export const ADDRESSES = ['redirect_uri', 'post_logout_redirect_uri', 'resource'];

/**
 * Characters of each. To parse a URL, the combining marks of its host are sorted, in time that grows with the square of their number (WHATWG URL,
 * domain to ASCII): 30 ms for those that fit a form. In the address of a request, percent-encoded, there is room for a third of them.
 */
export const MAX_ADDRESS_LENGTH = 2048;

const JSON_TYPE = 'application/json';

/** Bytes of the forms on our pages. */
const MAX_PAGE_FORM_BYTES = 16 * 1024;

/**
 * What holds for each endpoint that applications post forms to: the parameters are in the body, in UTF-8, and each occurs once (RFC 6749
 * §3.2).
 * @param repeatable parameters that may occur several times, for instance `resource` (RFC 8707 §2)
 * @param mediaType of responses beside JSON. `Accept` becomes the one of both that the request prefers
 */
export function validateFormBody(repeatable: readonly string[], mediaType?: string): Middleware {
  return async (ctx, next) => {
    // Errors are JSON, independent of `Accept` (RFC 6749 §5.2).
    ctx.req.headers.accept = prefers(ctx, mediaType) ? mediaType : JSON_TYPE;
    if (ctx.method === 'POST') {
      if (ctx.querystring !== '') throw invalid('parameters belong in the body, not in the URL');
      const form = await readFormBody(ctx);
      if (form === undefined) throw unreadable(ctx);
      checkParameters(form, repeatable);
    }
    await next();
  };
}

/** Whether a request asks for a media type by its name, and prefers it to JSON. */
function prefers(ctx: Context, mediaType: string | undefined): boolean {
  if (mediaType === undefined) return false;
  const { accept = '' } = ctx.req.headers;
  // Negotiation takes longer than this look at the field.
  return accept.toLowerCase().includes(mediaType) && ctx.accepts(JSON_TYPE, mediaType) === mediaType;
}

/** Reads the form of one of our pages. A body of another type counts as an empty form, which has no token. */
export function readPageForm(): Middleware {
  return async (ctx, next) => {
    const form = await readFormBody(ctx, MAX_PAGE_FORM_BYTES, isPageForm);
    if (form === undefined && isPageForm(ctx.req)) {
      throw new Problem(400, 'invalid_form', 'the form cannot be read');
    }
    await next();
  };
}

function unreadable(ctx: Context): Problem {
  if (!isForm(ctx.req)) return invalid('the body must be application/x-www-form-urlencoded, in UTF-8');
  // The rest of the body is not read.
  return new Problem(413, 'invalid_request', 'the body is too large', { headers: { Connection: 'close' } });
}

/** @throws Problem 400 */
function checkParameters(form: ParsedUrlQuery, repeatable: readonly string[]): void {
  let count = 0;
  for (const name in form) {
    const value = form[name];
    const isRepeated = Array.isArray(value);
    if (isRepeated && !repeatable.includes(name)) throw invalid('a parameter must not be given twice');
    count += isRepeated ? value.length : 1;
  }
  if (count > MAX_PARAMETERS) throw invalid(`more than ${MAX_PARAMETERS} parameters`);
  limitAddresses(form);
}

/** @throws Problem 400 */
export function limitAddresses(form: ParsedUrlQuery): void {
  for (const name of ADDRESSES) {
    const value = form[name];
    if (value === undefined) continue;
    if ([value].flat().some((each) => each.length > MAX_ADDRESS_LENGTH)) {
      throw invalid(`${name} is longer than ${MAX_ADDRESS_LENGTH} characters`);
    }
  }
}

function invalid(description: string): Problem {
  return new Problem(400, 'invalid_request', description);
}
