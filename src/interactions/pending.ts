import type { Middleware } from 'koa';
import type { FormToken } from '../http/csrf.ts';
import { Problem } from '../http/problem.ts';
import { InteractionGoneError } from '../oidc/authorization/interactions.ts';
import type { PendingAuthorization } from '../oidc/authorization/pending-authorization.ts';
import type { InteractionServices } from './services.ts';
import { showExpiredInteraction } from './expired-interaction.ts';
import { setReturnLink } from '../oidc/authorization/return-link.ts';

declare module 'koa' {
  interface DefaultState {
    /** The authorization request of an interaction, for the routes below `/interaction/`. */
    pending: PendingAuthorization;
  }
}

/**
 * Loads the pending authorization request into `ctx.state.pending`, and sets the policy for the pages of its steps. Where there is none, also when a concurrent request has ended it, answers
 * with the page of an expired interaction.
 */
export function withPending(services: InteractionServices): Middleware {
  const { interactions, log } = services;
  return async (ctx, next) => {
    try {
      const pending = await interactions.pending(ctx);
      ctx.state.pending = pending;
      ctx.state.pagePolicy = { formsLeave: true };
      setReturnLink(ctx, pending.uid, { clientId: pending.client.id });
      await next();
    } catch (error) {
      ctx.state.pagePolicy = undefined;
      if (!(error instanceof InteractionGoneError)) throw error;
      log.info({ traceId: ctx.state.traceId, err: error }, 'interaction not found');
      await showExpiredInteraction(ctx, services);
    }
  };
}

/** Rejects a form that belongs to another step than the current one. */
export function requireStep(step: string): Middleware {
  return async (ctx, next) => {
    if (ctx.state.pending.prompt === step) return await next();
    const description = 'the form belongs to another step of the sign-in';
    throw new Problem(400, 'invalid_form', description, { format: 'page' });
  };
}

/** The form token of the pages of an interaction. */
export const interactionToken: FormToken = (ctx) => ctx.state.pending.csrf;
