import { Router } from '@koa/router';
import { bodyParser } from '@koa/bodyparser';
import type { Middleware } from 'koa';
import { csrfGuard } from '../http/csrf.ts';
import { Problem } from '../http/problem.ts';
import { abort } from './steps/abort.ts';
import { showConsent, submitConsent } from './steps/consent.ts';
import type { InteractionServices } from './services.ts';
import { showLogin, submitLogin } from './steps/login.ts';
import { interactionPath } from './client-view.ts';
import { seeOther } from './expired-interaction.ts';
import { onlyWhenDue, withPending } from './pending.ts';

/**
 * What a person sees during an authorization. Each step is a plain page with a plain form; the engine says which step is due
 * and where the browser goes afterwards.
 */
export function interactionRoutes(services: InteractionServices): Middleware {
  const form = bodyParser({
    enableTypes: ['form'],
    encoding: 'utf-8',
    formLimit: '16kb',
    onError: () => {
      throw new Problem(400, 'invalid_form', 'the form cannot be read');
    },
  });
  const pending = withPending(services);
  const steps: Record<string, Middleware> = {
    login: showLogin(services),
    consent: showConsent(services),
  };
  const router = new Router({ sensitive: true, strict: true });
  router.get('/interaction/:uid', pending, async (ctx, next) => {
    const step = steps[ctx.state.pending.prompt];
    if (step === undefined) throw new Error(`no page for the prompt ${ctx.state.pending.prompt}`);
    await step(ctx, next);
  });
  // The address after a form that was answered with a page: whoever enters it once more begins the step again.
  router.get(['/interaction/:uid/login', '/interaction/:uid/consent'], (ctx) => {
    seeOther(ctx, interactionPath({ uid: String(ctx.params.uid) }));
  });
  const submits: Record<string, { turn: Middleware; submit: Middleware }> = {
    login: { turn: services.loginConcurrencyLimit.middleware, submit: submitLogin(services) },
    consent: { turn: (_ctx, next) => next(), submit: submitConsent(services) },
  };
  const ours = csrfGuard(services);
  for (const [step, { turn, submit }] of Object.entries(submits)) {
    const due = onlyWhenDue(step, services);
    router.post(`/interaction/:uid/${step}`, ours, form, turn, pending, due, submit);
  }
  router.get('/interaction/:uid/abort', ours, pending, abort(services));
  router.post('/interaction/:uid/abort', ours, form, pending, abort(services));
  return router.routes() as unknown as Middleware;
}
