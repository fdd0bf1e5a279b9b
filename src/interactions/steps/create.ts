import type { Middleware } from 'koa';
import { showAddressForm } from '../sign-up/address-form.ts';
import type { InteractionServices } from '../services.ts';
import type { Step } from '../step.ts';
import { seeOther } from '../../http/see-other.ts';

/**
 * An application has asked for a new account (`prompt=create`, Initiating User Registration via OpenID Connect 1.0). The page is that of
 * `sign-up/`; the form of this step says that the person has an account, and the sign-in follows.
 */
export function createStep(services: InteractionServices): Step {
  return { show: showAddressForm(services), submit: declineCreation(services) };
}

function declineCreation({ interactions }: InteractionServices): Middleware {
  return async (ctx) => {
    seeOther(ctx, await interactions.declineCreation(ctx));
  };
}
