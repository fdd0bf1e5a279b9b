import type { Context, Middleware } from 'koa';
import compose from 'koa-compose';
import { onlyWhenDue, withPending } from './pending.ts';
import type { InteractionServices } from './services.ts';
import { abort } from './steps/abort.ts';
import { showConsent, submitConsent } from './steps/consent.ts';
import { showLogin, submitLogin } from './steps/login.ts';

/** The handlers of the rows in `routes.ts`. */
export interface InteractionHandlers {
  /** Loads the authorization request that waits. */
  readonly pending: Middleware;
  /** The page of the step that is due. */
  readonly show: Middleware;
  readonly login: Step;
  readonly consent: Step;
  readonly abort: Middleware;
}

interface Step {
  /** Before the token of the form is looked at. */
  readonly before: Middleware;
  readonly submit: Middleware;
}

export function createInteractionHandlers(services: InteractionServices): InteractionHandlers {
  const pending = withPending(services);
  const pages: Readonly<Record<string, Middleware>> = {
    login: showLogin(services),
    consent: showConsent(services),
  };
  return {
    pending,
    show: compose<Context>([
      pending,
      async (ctx, next) => {
        const { prompt } = ctx.state.pending;
        const page = pages[prompt];
        if (page === undefined) throw new Error(`no page for the prompt ${prompt}`);
        await page(ctx, next);
      },
    ]),
    login: {
      before: compose([services.loginConcurrencyLimit.middleware, pending, onlyWhenDue('login')]),
      submit: submitLogin(services),
    },
    consent: { before: compose([pending, onlyWhenDue('consent')]), submit: submitConsent(services) },
    abort: abort(services),
  };
}
