import type { Middleware } from 'koa';
import { peekForm } from './peek-form.ts';
import { refuse } from './refuse.ts';

/**
 * Requests that a browser brings by POST (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2) are made again by GET. A form from
 * another site comes without our cookies, which are `SameSite=Lax`; the redirect brings them.
 */

/** Characters: what proxies take as one line, and more than a request with every parameter at its limit needs. */
const LONGEST_QUERY = 8000;

export function postedRequests(): Middleware {
  return async (ctx, next) => {
    const form = ctx.method === 'POST' ? await peekForm(ctx, LONGEST_QUERY) : undefined;
    const query = form === undefined ? ctx.querystring : queryOf(form);
    if (ctx.method === 'POST' && ctx.querystring !== '') {
      refuse(
        ctx,
        400,
        'invalid_request',
        'The parameters of a POST belong in its body, and not in the address.',
      );
    } else if (ctx.method === 'POST' && form === undefined) {
      refuse(ctx, 400, 'invalid_request', 'The request is not a form, or too long.');
    } else if (query.length > LONGEST_QUERY) {
      refuse(ctx, 400, 'invalid_request', 'The request is too long.');
    } else if (form === undefined) {
      await next();
    } else {
      ctx.status = 303;
      ctx.redirect(`${ctx.path}?${query}`);
    }
  };
}

function queryOf(form: Readonly<Record<string, string | string[] | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(form)) {
    for (const value of [values ?? []].flat()) query.append(name, value);
  }
  return query.toString();
}
