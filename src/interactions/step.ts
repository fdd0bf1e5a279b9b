import type { Middleware } from 'koa';
import type { NextStep } from '../accounts/sign-in/next-step.ts';
import { Problem } from '../http/problem.ts';
import type { QuotaName } from '../http/quotas.ts';

/**
 * The steps of an interaction, by the name of the engine's prompt, which is also the last part of the path of the form. `handlers.ts` has a
 * `Step` for each.
 */
export const STEPS = {
  select_account: {},
  create: {},
  login: { quota: 'signInForms' },
  keep_account: {},
  access: {},
  consent: {},
} as const satisfies Readonly<Record<string, { quota?: QuotaName }>>;

export type StepName = keyof typeof STEPS;

/**
 * The later steps of a sign-in (`sign-in-steps.ts`), by the last part of their path. Each has a page of its own, which is shown and answered
 * only while the step is due, or the one that it is another way out of (`dueWith`). `second_factor` is a prompt of the engine too: the only
 * step that a session lacks.
 */
export const LATER_STEPS = {
  second_factor: { quota: 'signInForms' },
  lost_factor: { quota: 'signInForms', dueWith: 'second_factor' },
  terms: {},
} as const satisfies Readonly<Record<string, { quota?: QuotaName; dueWith?: string }>>;

export type LaterStepName = keyof typeof LATER_STEPS;

/** The later step whose page is due; undefined where none follows. The page of a second factor also says that there is none to be asked for. */
export function pathOfStep({ step }: NextStep): LaterStepName | undefined {
  if (step === 'enrol') return 'second_factor';
  return Object.hasOwn(LATER_STEPS, step) ? (step as LaterStepName) : undefined;
}

/** For a form of another step than the one that is due: no step can be skipped by posting a later one. */
export function otherStep(): Problem {
  return new Problem(400, 'invalid_form', 'the form belongs to another step of the sign-in', {
    format: 'page',
  });
}

/** A step: a page, and the answer to its form. Both find the authorization request in `ctx.state.pending`. */
export interface Step {
  readonly show: Middleware;
  /** Called only for a form of the step that is due, with its token. */
  readonly submit: Middleware;
  /** Runs with the form read, before the authorization request is loaded. */
  readonly admit?: Middleware;
}
