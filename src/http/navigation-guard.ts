import type { Context, Middleware } from 'koa';
import { Problem } from './problem.ts';

/** Whether a request may fill a frame: only one that is answered with a redirect. */
export type FramedRequests = (ctx: Context) => boolean;

/**
 * Accepts navigations only. A browser says what a request is for (Fetch Metadata, `Sec-Fetch-Dest`): another site's `<img src="/authorize?…">`,
 * script, `fetch()` or frame is rejected before it is counted or stored, because it would use up the quota of its visitors' network.
 * Requests without these headers come from tools, servers and old browsers, and pass.
 */
export function navigationGuard(framed?: FramedRequests): Middleware {
  return async (ctx, next) => {
    const reason = rejectionReason(ctx, framed);
    if (reason === undefined) return await next();
    ctx.state.route = 'subresource';
    const description = `this address is opened as a page: ${reason}`;
    // Never a page: the browser shows it nowhere.
    throw new Problem(403, 'subresource_request', description, { format: 'json' });
  };
}

/** Whether a request fills a frame of a page, for which browsers send our cookies within one site only (`SameSite=Lax`). */
export function isFramed(ctx: Context): boolean {
  const destination = ctx.get('Sec-Fetch-Dest');
  return destination === 'iframe' || destination === 'frame';
}

function rejectionReason(ctx: Context, framed: FramedRequests | undefined): string | undefined {
  if (isPrefetch(ctx)) return 'it is not fetched ahead';
  const destination = ctx.get('Sec-Fetch-Dest');
  if (destination === '' || destination === 'document') return undefined;
  // Our own pages need no restriction, and another site cannot send these values.
  const site = ctx.get('Sec-Fetch-Site');
  if (site === 'same-origin' || site === 'none') return undefined;
  if (destination === 'empty' && ctx.get('Sec-Fetch-Mode') === 'navigate') return undefined;
  if (!isFramed(ctx) || framed === undefined) return 'it is not loaded as a part of another';
  return framed(ctx) ? undefined : 'in a frame, prompt must be none';
}

/** A prefetched page may never be looked at. Browsers drop a rejected one and request it again when it is opened. */
function isPrefetch(ctx: Context): boolean {
  return /\bprefetch\b/.test(`${ctx.get('Sec-Purpose')} ${ctx.get('Purpose')}`);
}

/**
 * Silent authentication (OpenID Connect Core §3.1.2.1, `prompt=none`), which client libraries use in a hidden frame and which is answered with
 * a redirect. The `prompt` of a pushed request or in a request object is not known here, and that of a posted one only after its form is read.
 */
export function isSilentRequest({ method, query }: Context): boolean {
  const isHidden = query.request_uri !== undefined || query.request !== undefined;
  return method === 'POST' || query.prompt === 'none' || isHidden;
}
