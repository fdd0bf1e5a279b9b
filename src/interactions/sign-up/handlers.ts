import type { Middleware } from 'koa';
import compose from 'koa-compose';
import { Problem } from '../../http/problem.ts';
import { withPending } from '../pending.ts';
import { showAddressForm, submitAddress } from './address-form.ts';
import {
  showHere,
  showInvitation,
  showLink,
  submitHere,
  submitInvitation,
  submitLink,
} from './new-account.ts';
import type { InteractionServices } from '../services.ts';
import { otherStep } from '../step.ts';

/** The handlers of the rows in `routes.ts`. */
export interface SignUpHandlers {
  readonly address: FormHandlers;
  readonly here: FormHandlers;
  readonly link: FormHandlers;
  readonly invitation: FormHandlers;
}

interface FormHandlers {
  readonly show: Middleware;
  /** Runs before the token of the form is checked. */
  readonly before: Middleware;
  readonly submit: Middleware;
}

/** The steps in whose place a person may get an account. */
const PROMPTS: ReadonlySet<string> = new Set(['login', 'create']);

/** Of what a server does not offer, the handlers answer 404, and there are no rows. */
export function signUpHandlers(services: InteractionServices): SignUpHandlers {
  const { newPeople, loginConcurrencyLimit } = services;
  const { signUps, invitations } = newPeople;
  const pending = compose([withPending(services), requirePrompt]);
  const admit = loginConcurrencyLimit.middleware;
  return {
    address: formOf(signUps, (ways) => ({
      show: compose([pending, showAddressForm(services)]),
      before: pending,
      submit: submitAddress(services, ways),
    })),
    here: formOf(signUps, (ways) => ({
      show: showHere(services, ways),
      before: compose([admit, pending]),
      submit: submitHere(services, ways),
    })),
    link: formOf(signUps, (ways) => ({
      show: showLink(services, ways),
      before: admit,
      submit: submitLink(services, ways),
    })),
    invitation: formOf(invitations, (ways) => ({
      show: showInvitation(services, ways),
      before: admit,
      submit: submitInvitation(services, ways),
    })),
  };
}

function formOf<Ways>(ways: Ways | undefined, handlers: (ways: Ways) => FormHandlers): FormHandlers {
  return ways === undefined ? { show: notOffered, before: notOffered, submit: notOffered } : handlers(ways);
}

const notOffered: Middleware = () => {
  throw new Problem(404, 'not_found', 'there is no such page', { format: 'page' });
};

/** Of a person who is signed in, nothing waits for an account. */
const requirePrompt: Middleware = async (ctx, next) => {
  if (PROMPTS.has(ctx.state.pending.prompt)) return await next();
  throw otherStep();
};
