import type { Context, Middleware } from 'koa';
import { interactionPath } from '../http/paths.ts';
import { seeOther } from '../http/see-other.ts';
import { InteractionGoneError } from '../oidc/authorization/interactions.ts';
import type { InteractionServices } from './services.ts';
import type { SignInProgress } from './sign-in-evaluation.ts';
import { LATER_STEPS, type LaterStepName, otherStep, pathOfStep } from './step.ts';

declare module 'koa' {
  interface DefaultState {
    /** The sign-in so far, for the pages after its first step. */
    progress: SignInProgress;
  }
}

/**
 * Lets a request pass when this step is the next one of the sign-in, and sets `ctx.state.progress`. A page of another step leads to the step
 * that is due; a form of another step is rejected.
 */
export function requireLaterStep(name: LaterStepName, { steps }: InteractionServices): Middleware {
  return async (ctx, next) => {
    const progress = await steps.progress(ctx);
    if (progress?.isFinished === true && ctx.method === 'POST') {
      // The same form, sent twice: its code is used up, and the sign-in complete.
      await steps.proceed(ctx);
      return;
    }
    if (progress !== undefined && pathOfStep(progress.next) === dueStep(name)) {
      ctx.state.progress = progress;
      await next();
      return;
    }
    if (ctx.method === 'POST') throw otherStep();
    leadToStep(ctx, progress);
  };
}

function dueStep(name: LaterStepName): string {
  const step: { quota?: string; dueWith?: string } = LATER_STEPS[name];
  return step.dueWith ?? name;
}

function leadToStep(ctx: Context, progress: SignInProgress | undefined): void {
  const { pending } = ctx.state;
  const path = progress && pathOfStep(progress.next);
  // The page of a session that has what it lacked would lead to itself.
  if (path === undefined && pending.prompt === 'second_factor')
    throw new InteractionGoneError('the session has changed');
  seeOther(ctx, `${interactionPath(ctx, pending.uid)}${path === undefined ? '' : `/${path}`}`);
}
