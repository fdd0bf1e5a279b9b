import type { Context, Middleware } from 'koa';
import { peekForm } from './peek-form.ts';
import { refuse } from './refuse.ts';

/**
 * Requests that a browser brings by POST (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2) are made again by GET. A form from
 * another site comes without our cookies, which are `SameSite=Lax`; the redirect brings them.
 */

/** Characters: what proxies take as one line, and more than a request with every parameter at its limit needs. */
const LONGEST_QUERY = 8000;

/** The engine's names, for log and metrics. */
const ROUTES: Readonly<Record<string, string>> = { '/authorize': 'authorization', '/logout': 'end_session' };

export function postedRequests(): Middleware {
  return async (ctx, next) => {
    const posted = ctx.method === 'POST';
    const form = posted ? await peekForm(ctx, LONGEST_QUERY) : undefined;
    const query = form === undefined ? ctx.querystring : queryOf(form);
    if (posted && ctx.querystring !== '') {
      invalid(ctx, 'the parameters of a POST belong in its body, not in the URL');
    } else if (posted && form === undefined) {
      invalid(ctx, 'the request is not a form, or too long');
    } else if (query.length > LONGEST_QUERY) {
      invalid(ctx, 'the request is too long');
    } else if (posted) {
      ctx.state.route = ROUTES[ctx.path];
      ctx.status = 303;
      ctx.redirect(`${ctx.path}?${query}`);
    } else {
      await next();
    }
  };
}

function invalid(ctx: Context, description: string): void {
  refuse(ctx, 400, 'invalid_request', description);
}

function queryOf(form: Readonly<Record<string, string | string[] | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(form)) {
    for (const value of [values ?? []].flat()) query.append(name, value);
  }
  return query.toString();
}
