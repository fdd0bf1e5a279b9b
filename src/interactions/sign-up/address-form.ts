import type { Context, Middleware } from 'koa';
import { newAddress } from '../../accounts/sign-up/address.ts';
import type { SignUps } from '../../accounts/sign-up/requests.ts';
import { formField } from '../../http/form-body.ts';
import { interactionPath, publicPath } from '../../http/paths.ts';
import { auditContext } from '../../http/state.ts';
import { networkOf } from '../../limits/network.ts';
import type { Message } from '../../messages/messages.ts';
import { clientView } from '../client-view.ts';
import type { SignUpPage } from './page-data.ts';
import type { InteractionServices } from '../services.ts';
import { SIGN_UP_STEP } from './paths.ts';

/**
 * The page that asks for an email address. Its response is the same for every address, after the same work, so that it does not tell which
 * accounts exist.
 */

export function showAddressForm(services: InteractionServices): Middleware {
  return async (ctx) => {
    const { loginHint } = ctx.state.pending;
    await render(ctx, services, { address: loginHint === undefined ? undefined : newAddress(loginHint) });
  };
}

export function submitAddress(services: InteractionServices, signUps: SignUps): Middleware {
  const { newAccountForm, metrics, signUpLinkLifetime: seconds, inboxPath } = services;
  return async (ctx) => {
    const { uid, client } = ctx.state.pending;
    const typed = formField(ctx, 'email') ?? '';
    const address = newAddress(typed);
    const askAgain = async (status: number, error: Message): Promise<void> => {
      ctx.status = status;
      await render(ctx, services, { address: typed, error: { ...error, traceId: ctx.state.traceId } });
    };
    if (address === undefined) return await askAgain(400, { key: 'signUp.errors.address' });
    const { retryAfter } = await signUps.request({
      address,
      network: networkOf(ctx.ip),
      waiting: { uid, clientId: client.id },
      language: newAccountForm.languageOf(ctx),
      ...auditContext(ctx),
    });
    if (retryAfter !== undefined) {
      metrics.limited('sign_ups');
      ctx.set('Retry-After', String(retryAfter));
      return await askAgain(429, { key: 'signUp.errors.limited', values: { seconds: retryAfter } });
    }
    const inbox = inboxPath === undefined ? undefined : publicPath(ctx, inboxPath);
    await render(ctx, services, { sent: { address, seconds, inbox } });
  };
}

async function render(
  ctx: Context,
  { logos, renderPage }: InteractionServices,
  page: Pick<SignUpPage, 'address' | 'error' | 'sent'>,
): Promise<void> {
  const { uid, csrf, prompt } = ctx.state.pending;
  const path = interactionPath(ctx, uid);
  const isAsked = prompt === 'create';
  renderPage(ctx, 'sign-up', {
    action: `${path}/${SIGN_UP_STEP}`,
    csrf,
    client: await clientView(ctx, { logos }),
    // At `prompt=create` the sign-in is another step, which begins when the person has declined this one.
    back: { url: isAsked ? `${path}/create` : path, posts: isAsked },
    ...page,
  });
}
