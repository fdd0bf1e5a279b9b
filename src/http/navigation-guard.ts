import type { Context, Middleware } from 'koa';
import type { Concerns } from './by-path.ts';

/**
 * Addresses that people open are navigated to. A browser says what a request is for (Fetch Metadata, `Sec-Fetch-Dest`): another site's
 * `<img src="/authorize?…">`, script, `fetch()` or frame is refused before it is counted or stored, because it would use up the
 * quota of its visitors' network. Requests without these headers come from tools, servers and old browsers, and pass.
 */

const PATHS: ReadonlySet<string> = new Set(['/', '/authorize', '/logout']);
const PREFIXES = ['/authorize/', '/logout/', '/interaction/'];

export const openedByPeople: Concerns = (path) =>
  PATHS.has(path) || PREFIXES.some((prefix) => path.startsWith(prefix));

export function navigationGuard(): Middleware {
  return async (ctx, next) => {
    const reason = isPrefetch(ctx) ? 'it is not fetched ahead' : isAllowed(ctx) ? undefined : notOpened(ctx);
    if (reason === undefined) {
      await next();
      return;
    }
    // Never a page: it would be larger than what is refused, and shown nowhere.
    ctx.state.route = 'subresource';
    ctx.status = 403;
    ctx.body = {
      error: 'subresource_request',
      error_description: `this address is opened as a page: ${reason}`,
    };
  };
}

/** Whether a request fills a frame of a page, for which browsers send our cookies within one site only (`SameSite=Lax`). */
export function isFramed(ctx: Context): boolean {
  const destination = ctx.get('Sec-Fetch-Dest');
  return destination === 'iframe' || destination === 'frame';
}

function isAllowed(ctx: Context): boolean {
  const destination = ctx.get('Sec-Fetch-Dest');
  if (destination === '' || destination === 'document') return true;
  // Our own origin has nothing to gain, and no other can claim to be it or the user.
  const site = ctx.get('Sec-Fetch-Site');
  if (site === 'same-origin' || site === 'none') return true;
  if (destination === 'empty') return ctx.get('Sec-Fetch-Mode') === 'navigate';
  return isFramed(ctx) && isSilent(ctx);
}

/**
 * What client libraries do in a hidden frame, and is answered with a redirect: silent authentication (OpenID Connect Core §3.1.2.1,
 * `prompt=none`; pushed and posted requests say so elsewhere) and sign-out (RP-Initiated Logout §2).
 */
function isSilent({ path, method, query }: Context): boolean {
  if (path === '/authorize') {
    return method === 'POST' || query.prompt === 'none' || query.request_uri !== undefined;
  }
  return path === '/logout' || path.startsWith('/logout/');
}

/** A page fetched ahead may never be looked at; browsers drop what is refused and ask again when it is. */
function isPrefetch(ctx: Context): boolean {
  return /\bprefetch\b/.test(`${ctx.get('Sec-Purpose')} ${ctx.get('Purpose')}`);
}

function notOpened(ctx: Context): string {
  return ctx.path === '/authorize' && isFramed(ctx)
    ? 'in a frame, prompt must be none'
    : 'it is not loaded as a part of another';
}
