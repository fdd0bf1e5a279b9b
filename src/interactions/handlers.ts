import type { Context, Middleware } from 'koa';
import compose from 'koa-compose';
import { requireStep, withPending } from './pending.ts';
import type { InteractionServices } from './services.ts';
import type { Step, StepName } from './step.ts';
import { abort } from './steps/abort.ts';
import { consentStep } from './steps/consent.ts';
import { loginStep } from './steps/login.ts';
import { submitPasskey } from './steps/passkey.ts';
import { selectAccountStep } from './steps/select-account.ts';

/** The handlers of the rows in `routes.ts`. */
export interface InteractionHandlers {
  /** Loads the authorization request of the interaction. */
  readonly pending: Middleware;
  /** The page of the current step. */
  readonly show: Middleware;
  readonly steps: Readonly<Record<StepName, StepHandlers>>;
  readonly passkey: StepHandlers;
  readonly abort: Middleware;
}

interface StepHandlers {
  /** Runs before the token of the form is checked. */
  readonly before: Middleware;
  readonly submit: Middleware;
}

export function createInteractionHandlers(services: InteractionServices): InteractionHandlers {
  const pending = withPending(services);
  const steps: Readonly<Record<StepName, Step>> = {
    select_account: selectAccountStep(services),
    login: loginStep(services),
    consent: consentStep(services),
  };
  return {
    pending,
    show: compose<Context>([
      pending,
      async (ctx, next) => {
        const { prompt } = ctx.state.pending;
        if (!Object.hasOwn(steps, prompt)) throw new Error(`no step for the prompt ${prompt}`);
        await steps[prompt as StepName].show(ctx, next);
      },
    ]),
    steps: Object.fromEntries(
      Object.entries(steps).map(([name, { submit, admit }]) => [
        name,
        {
          before: compose([...(admit === undefined ? [] : [admit]), pending, requireStep(name)]),
          submit,
        },
      ]),
    ) as unknown as Record<StepName, StepHandlers>,
    passkey: { before: compose([pending, requireStep('login')]), submit: submitPasskey(services) },
    abort: abort(services),
  };
}
