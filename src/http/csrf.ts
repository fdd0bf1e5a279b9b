import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { formField } from './form-body.ts';
import { Problem } from './problem.ts';

/**
 * Protection against cross-site request forgery (OWASP, Cross-Site Request Forgery Prevention), in two checks: the site that the browser
 * reports, before the body is read, and the token of the form.
 */

/**
 * Rejects requests that name another site (Fetch Metadata, RFC 6454). Our pages send no referrer, so their own posts have the origin `null`,
 * which tells nothing: then `Sec-Fetch-Site` decides, and the token where a browser does not send it. A link may also be opened from
 * outside of any site (`none`).
 */
export function csrfGuard({ issuer }: { issuer: string }): Middleware {
  const ours = new URL(issuer).origin;
  return async (ctx, next) => {
    const site = ctx.get('Sec-Fetch-Site');
    const origin = ctx.get('Origin');
    if (
      !(site === '' || site === 'same-origin' || (site === 'none' && ctx.method === 'GET')) ||
      (origin !== '' && origin !== 'null' && origin !== ours)
    ) {
      throw new Problem(403, 'cross_site_request', 'the form was posted from another site');
    }
    await next();
  };
}

/** The token that the form of a page must carry. */
export type FormToken = (ctx: Context) => string;

/**
 * The form token of a page for people who are signed in: derived from the session cookie, which no script and no other site can read, and
 * from the path that the form is posted to.
 * @param cookie name of the session cookie
 */
export function sessionFormToken(cookie: string): FormToken {
  return (ctx) => {
    const session = ctx.cookies.get(cookie, { signed: false });
    // A form without a session has no token that a request could match.
    if (session === undefined) return '';
    return digest(JSON.stringify(['form', session, ctx.path])).toString('base64url');
  };
}

/**
 * Rejects a form, or a link that changes something, without the token of its page. The field is `csrf`, in the form or, for a link, in the
 * query.
 * @param token of the page that the form is on
 * @throws Problem 403 `invalid_form`
 */
export function checkForm(ctx: Context, token: string): void {
  const sent = ctx.method === 'POST' ? (formField(ctx, 'csrf') ?? '') : [ctx.query.csrf ?? ''].flat().join();
  if (token !== '' && timingSafeEqual(digest(sent), digest(token))) return;
  throw new Problem(403, 'invalid_form', 'the form was not sent from the page of this sign-in', {
    format: 'page',
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
