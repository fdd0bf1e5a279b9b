import type { Context, Middleware } from 'koa';
import { lazyMiddleware } from '../http/lazy-middleware.ts';
import { INTERACTION_PATH, interactionPath } from '../http/paths.ts';
import type { Route } from '../http/route.ts';
import type { InteractionHandlers } from './handlers.ts';
import { interactionToken } from './pending.ts';

/**
 * The pages of an authorization: what a person sees between the request of an application and its answer. Each step is a plain page with a
 * plain form. The engine says which step is due, and where the browser goes afterwards. Sign-in and consent are steps; sessions, tokens and
 * the checks of a request are the engine's (`oidc/`).
 *
 * @param load the handlers, with the first request that needs them: the server starts without password hashing and templates of steps
 */
export function interactionRoutes(load: () => Promise<InteractionHandlers>): Route[] {
  const lazily = (pick: (handlers: InteractionHandlers) => Middleware): Middleware =>
    lazyMiddleware(async () => pick(await load()));
  const step = (name: 'login' | 'consent') => ({
    kind: 'page' as const,
    path: `${INTERACTION_PATH}/${name}`,
    name: 'interaction',
    show: redirectToStep,
    beforeSubmit: [lazily((handlers) => handlers[name].before)],
    token: interactionToken,
    submit: lazily((handlers) => handlers[name].submit),
  });
  const abort = lazily((handlers) => handlers.abort);
  return [
    {
      kind: 'page',
      path: INTERACTION_PATH,
      name: 'interaction',
      show: lazily((handlers) => handlers.show),
    },
    { ...step('login'), quota: 'signInForms' },
    step('consent'),
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

/** The address of a form, when someone opens it: the page of the step begins again. */
function redirectToStep(ctx: Context): void {
  ctx.status = 303;
  ctx.redirect(interactionPath(String(ctx.params.uid)));
}
