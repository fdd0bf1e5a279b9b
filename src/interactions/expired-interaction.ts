import type { Context } from 'koa';
import { useLanguages } from '../http/languages.ts';
import { interactionPath, publicPath } from '../http/paths.ts';
import { seeOther } from '../http/see-other.ts';
import type { InteractionServices } from './services.ts';
import { readReturnLink } from '../oidc/authorization/return-link.ts';

/**
 * The page of an interaction that is not available: it is finished, has expired, or was lost with the store; or the browser stores no
 * cookies. Everything that the browser sends is an untrusted hint: it selects among our pages and registered addresses.
 */
export async function showExpiredInteraction(ctx: Context, services: InteractionServices): Promise<void> {
  const uid = ctx.params.uid;
  const path = interactionPath(ctx, uid);
  const { step } = readReturnLink(ctx);
  // Redirects from the address of a form to that of the interaction, which can be reloaded.
  if (publicPath(ctx, ctx.path) !== path) seeOther(ctx, path);
  // A step that leads to itself is not from this server, and would redirect for ever.
  else if (step !== undefined && step !== uid) seeOther(ctx, interactionPath(ctx, step));
  else if (hasNoCookies(ctx)) await showWithoutCookies(ctx, uid, services);
  else await showExpired(ctx, uid, services);
}

/** A browser that has opened one of our pages has a cookie of ours, unless it stores none. */
function hasNoCookies(ctx: Context): boolean {
  return !/(?:^|;) *(?:__(?:Host|Secure)-)?signet_/.test(ctx.get('Cookie'));
}

/** For a browser without cookies: the interaction may be pending still. */
async function showWithoutCookies(ctx: Context, uid: string, services: InteractionServices): Promise<void> {
  const app = await services.interactions.linkOfPending(ctx, uid);
  if (app === undefined) {
    await showExpired(ctx, uid, services);
    return;
  }
  ctx.status = 400;
  services.renderPage(ctx, 'cookies', { app, host: ctx.host, traceId: ctx.state.traceId });
}

async function showExpired(
  ctx: Context,
  uid: string,
  { interactions, renderPage }: InteractionServices,
): Promise<void> {
  const hint = readReturnLink(ctx);
  const repeat = interactions.repeatRequest(ctx, uid);
  useLanguages(ctx, repeat?.uiLocales);
  const clientId = hint.clientId ?? repeat?.clientId;
  const app = clientId === undefined ? undefined : await interactions.clientLink(ctx, clientId);
  interactions.clearCookie(ctx, uid);
  ctx.status = 400;
  renderPage(ctx, 'expired-interaction', {
    app,
    finished: hint.finished === true,
    ...(app !== undefined && repeat?.clientId === clientId && { againUrl: repeat?.url }),
    traceId: ctx.state.traceId,
  });
}
