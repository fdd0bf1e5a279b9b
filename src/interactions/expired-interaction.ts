import type { Context } from 'koa';
import { interactionPath } from '../http/paths.ts';
import type { InteractionServices } from './services.ts';
import { readReturnLink } from '../oidc/authorization/return-link.ts';

/**
 * The page of an interaction that is not available: it is finished, has expired, or was lost with the store; or the browser keeps no
 * cookies. All that the browser sends here is a hint: it selects among pages of ours and addresses that a client has registered.
 */
export async function showExpiredInteraction(ctx: Context, services: InteractionServices): Promise<void> {
  const uid = ctx.params.uid;
  const path = interactionPath(uid);
  const { step } = readReturnLink(ctx);
  // Never below the interaction's own address, where the answer to a form would be: nothing of that form is kept, and it can be reloaded.
  if (ctx.path !== path) seeOther(ctx, path);
  // A step that leads to itself was not written here, and would do so for ever.
  else if (step !== undefined && step !== uid) seeOther(ctx, interactionPath(step));
  else if (hasNoCookies(ctx)) await showWithoutCookies(ctx, uid, services);
  else await showGone(ctx, uid, services);
}

/** On to another page, by GET, whatever the method was. */
function seeOther(ctx: Context, location: string): void {
  ctx.status = 303;
  ctx.redirect(location);
}

/** Every browser that has opened one of our pages has a cookie of ours, unless it keeps none. */
function hasNoCookies(ctx: Context): boolean {
  return !/(?:^|;) *(?:__(?:Host|Secure)-)?signet_/.test(ctx.get('Cookie'));
}

/** The interaction still waits: the browser has dropped its cookies, or is not the one in which it began. */
async function showWithoutCookies(ctx: Context, uid: string, services: InteractionServices): Promise<void> {
  const app = await services.interactions.homeOf(uid);
  if (app === undefined) {
    await showGone(ctx, uid, services);
    return;
  }
  ctx.status = 400;
  services.renderPage(ctx, 'cookies', { app, host: ctx.host, traceId: ctx.state.traceId });
}

async function showGone(
  ctx: Context,
  uid: string,
  { interactions, renderPage }: InteractionServices,
): Promise<void> {
  const hint = readReturnLink(ctx);
  const again = interactions.repeatRequest(ctx, uid);
  const clientId = hint.clientId ?? again?.clientId;
  const app = clientId === undefined ? undefined : await interactions.home(clientId);
  interactions.forget(ctx, uid);
  ctx.status = 400;
  renderPage(ctx, 'expired-interaction', {
    app,
    finished: hint.finished === true,
    ...(app !== undefined && again?.clientId === clientId && { againUrl: again?.url }),
    traceId: ctx.state.traceId,
  });
}
