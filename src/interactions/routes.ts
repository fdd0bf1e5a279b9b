import type { Context, Middleware } from 'koa';
import type { Config } from '../config/config.ts';
import { lazyMiddleware } from '../http/lazy-middleware.ts';
import { INTERACTION_PATH, interactionPath } from '../http/paths.ts';
import type { Route } from '../http/route.ts';
import { seeOther } from '../http/see-other.ts';
import type { InteractionHandlers } from './handlers.ts';
import { interactionToken } from './pending.ts';
import { emailSignInRoutes } from './email-sign-in/routes.ts';
import { signUpRoutes } from './sign-up/routes.ts';
import { LATER_STEPS, type LaterStepName, type StepName, STEPS } from './step.ts';

/**
 * `interactions/` is what a person sees between the request of an application and the response to it: the steps account selection,
 * sign-in and consent, each a page with a plain form that works without JavaScript. It owns the pages of the steps, the order of checks
 * before a form is accepted, and the page of an expired interaction.
 *
 * It does not own the state of an interaction: which step comes next, the request, grants, sessions and tokens belong to the engine, behind
 * `oidc/authorization/interactions.ts`. Passwords are checked by `accounts/`, HTML is rendered by `pages/`, and `app/` mounts the routes. Pages
 * of a person who is signed in are in `account-pages/`.
 *
 *                     ┌──────────── GET /authorize/{uid}: the engine resumes ◄────────┐
 *                     ▼                                                               │
 *     GET /authorize ─┬─ selection asked for ─► select ┬─ this account, another one ──┤
 *                     │                                └─ Cancel: abort ──────────────┤
 *                     ├─ sign-in needed ──► login ─────┬─ last step: signed in ───────┤
 *                     │                       ▲        ├─ Cancel: abort ──────────────┤
 *                     │                       ├────────┴─ wrong password              │
 *                     │                       └─ later steps: second_factor, … ───────┤
 *                     ├─ session lacks it ──► second_factor ───────── right code ──────┤
 *                     ├─ consent needed ──► consent ───┬─ Allow ──────────────────────┤
 *                     │                                └─ Cancel: abort ──────────────┘
 *                     └─ nothing needed ──► response to the application: code, or access_denied after Cancel
 *
 *     select, login, consent ── lifetime over, cookie missing, or finished ──► expired page ──► GET /authorize (repeated request)
 *
 * Each step is an interaction with a `uid` of its own. `select` (`prompt=select_account`) needs a session; another account leads to
 * `login`. What follows a password is in `accounts/sign-in/next-step.ts`, and kept by `sign-in-steps.ts`: these pages are one interaction.
 * A session skips `login`; remembered consent and first-party clients skip `consent`.
 */

/** @param load the handlers, with the first request that needs them: the server starts without password hashing and templates of steps */
export function interactionRoutes(
  load: () => Promise<InteractionHandlers>,
  config: Pick<Config, 'signUp' | 'mail' | 'emailSignIn'>,
): Route[] {
  const lazily = (pick: (handlers: InteractionHandlers) => Middleware): Middleware =>
    lazyMiddleware(async () => pick(await load()));
  const step = (name: StepName): Route => ({
    kind: 'page',
    path: `${INTERACTION_PATH}/${name}`,
    name: 'interaction',
    show: redirectToStep,
    ...STEPS[name],
    beforeSubmit: [lazily((handlers) => handlers.steps[name].before)],
    token: interactionToken,
    submit: lazily((handlers) => handlers.steps[name].submit),
  });
  const laterStep = (name: LaterStepName): Route => ({
    ...LATER_STEPS[name],
    kind: 'page',
    path: `${INTERACTION_PATH}/${name}`,
    name: 'interaction',
    show: lazily((handlers) => handlers.laterSteps[name].show),
    beforeSubmit: [lazily((handlers) => handlers.laterSteps[name].before)],
    token: interactionToken,
    submit: lazily((handlers) => handlers.laterSteps[name].submit),
  });
  const abort = lazily((handlers) => handlers.abort);
  return [
    {
      kind: 'page',
      path: INTERACTION_PATH,
      name: 'interaction',
      show: lazily((handlers) => handlers.show),
    },
    ...(Object.keys(STEPS) as StepName[]).map(step),
    ...(Object.keys(LATER_STEPS) as LaterStepName[]).map(laterStep),
    ...signUpRoutes(lazily, config),
    ...emailSignInRoutes(lazily, config),
    {
      kind: 'page',
      path: `${INTERACTION_PATH}/passkey`,
      name: 'interaction',
      quota: 'signInForms',
      show: redirectToStep,
      beforeSubmit: [lazily((handlers) => handlers.passkey.before)],
      token: interactionToken,
      submit: lazily((handlers) => handlers.passkey.submit),
    },
    {
      kind: 'page',
      path: `${INTERACTION_PATH}/abort`,
      name: 'interaction',
      show: abort,
      submit: abort,
      beforeSubmit: [lazily((handlers) => handlers.pending)],
      token: interactionToken,
      linkNeedsToken: true,
    },
  ];
}

/** For a GET of the address of a form, for instance by a reload: redirects to the page of the current step. */
function redirectToStep(ctx: Context): void {
  seeOther(ctx, interactionPath(ctx, String(ctx.params.uid)));
}
