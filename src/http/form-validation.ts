import type { ParsedUrlQuery } from 'node:querystring';
import type { Middleware } from 'koa';
import { isForm, readFormBody } from './form-body.ts';
import { sendProblem } from './problem.ts';

/**
 * What holds for every endpoint that applications post forms to, whatever they ask for: the parameters are in the body, in UTF-8, and
 * each is there once (RFC 6749 §3.2). The engine looks at those that it needs, and reads the others as somebody else might not.
 */

/** Bytes; the engine's own limit. */
export const MAX_FORM_BYTES = 56 * 1024;

/** Far below the thousand after which the parser stops, and what follows would be checked by nobody. */
const MAX_PARAMETERS = 100;

/** RFC 8707 §2. */
const REPEATABLE: ReadonlySet<string> = new Set(['resource']);

export function validateFormBody(): Middleware {
  return async (ctx, next) => {
    // Errors are JSON, whatever the request would like (RFC 6749 §5.2).
    ctx.req.headers.accept = 'application/json';
    if (ctx.method !== 'POST') {
      await next();
      return;
    }
    const problem = ctx.querystring === '' ? undefined : 'parameters belong in the body, not in the URL';
    const form = problem === undefined ? await readFormBody(ctx, MAX_FORM_BYTES) : undefined;
    if (form === undefined && problem === undefined && isForm(ctx.req)) {
      // What is still to come is not read.
      ctx.set('Connection', 'close');
      sendProblem(ctx, 413, 'invalid_request', 'the body is too large');
    } else if (form === undefined) {
      const wrongType = 'the body must be application/x-www-form-urlencoded, in UTF-8';
      sendProblem(ctx, 400, 'invalid_request', problem ?? wrongType);
    } else {
      const objection = objectionTo(form);
      if (objection === undefined) await next();
      else sendProblem(ctx, 400, 'invalid_request', objection);
    }
  };
}

function objectionTo(form: ParsedUrlQuery): string | undefined {
  let count = 0;
  for (const [name, value] of Object.entries(form)) {
    const isRepeated = Array.isArray(value);
    if (isRepeated && !REPEATABLE.has(name)) return 'a parameter must not be given twice';
    count += isRepeated ? value.length : 1;
  }
  return count > MAX_PARAMETERS ? `more than ${MAX_PARAMETERS} parameters` : undefined;
}
