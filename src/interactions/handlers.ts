import type { Context, Middleware } from 'koa';
import compose from 'koa-compose';
import { interactionPath } from '../http/paths.ts';
import { seeOther } from '../http/see-other.ts';
import { requireLaterStep } from './later-step.ts';
import { requireStep, withPending } from './pending.ts';
import type { InteractionServices } from './services.ts';
import { LATER_STEPS, type LaterStepName, type Step, type StepName } from './step.ts';
import { accessStep } from './steps/access.ts';
import { abort } from './steps/abort.ts';
import { consentStep } from './steps/consent.ts';
import { createStep } from './steps/create.ts';
import { keepAccountStep } from './steps/keep-account.ts';
import { loginStep } from './steps/login.ts';
import { lostFactorStep } from './steps/lost-factor.ts';
import { submitPasskey } from './steps/passkey.ts';
import { secondFactorStep } from './steps/second-factor.ts';
import { selectAccountStep } from './steps/select-account.ts';
import { termsStep } from './steps/terms.ts';
import { type EmailSignInHandlers, emailSignInHandlers } from './email-sign-in/handlers.ts';
import { type SignUpHandlers, signUpHandlers } from './sign-up/handlers.ts';

/** The handlers of the rows in `routes.ts`. */
export interface InteractionHandlers {
  /** Loads the authorization request of the interaction. */
  readonly pending: Middleware;
  /** The page of the current step. */
  readonly show: Middleware;
  readonly steps: Readonly<Record<StepName, StepHandlers>>;
  readonly passkey: StepHandlers;
  readonly laterSteps: Readonly<Record<LaterStepName, StepHandlers & { readonly show: Middleware }>>;
  readonly signUp: SignUpHandlers;
  readonly emailSignIn: EmailSignInHandlers;
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
    create: createStep(services),
    login: loginStep(services),
    keep_account: keepAccountStep(services),
    access: accessStep(services),
    consent: consentStep(services),
  };
  const laterSteps: Readonly<Record<LaterStepName, Step>> = {
    second_factor: secondFactorStep(services),
    lost_factor: lostFactorStep(services),
    terms: termsStep(services),
  };
  return {
    pending,
    show: compose<Context>([
      pending,
      async (ctx, next) => {
        const { prompt, uid } = ctx.state.pending;
        if (Object.hasOwn(LATER_STEPS, prompt)) {
          seeOther(ctx, `${interactionPath(ctx, uid)}/${prompt}`);
          return;
        }
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
    laterSteps: Object.fromEntries(
      Object.entries(laterSteps).map(([name, { show, submit, admit }]) => {
        const due = compose([pending, requireLaterStep(name as LaterStepName, services)]);
        return [
          name,
          {
            show: compose<Context>([due, show]),
            before: compose([...(admit === undefined ? [] : [admit]), due]),
            submit,
          },
        ];
      }),
    ) as unknown as InteractionHandlers['laterSteps'],
    signUp: signUpHandlers(services),
    emailSignIn: emailSignInHandlers(services),
    abort: abort(services),
  };
}
