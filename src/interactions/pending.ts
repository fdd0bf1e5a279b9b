import type { Context, Middleware } from 'koa';
import type { FormToken } from '../http/csrf.ts';
import { InteractionGoneError } from '../oidc/authorization/interactions.ts';
import type { PendingAuthorization } from '../oidc/authorization/pending-authorization.ts';
import type { InteractionServices } from './services.ts';
import { showExpiredInteraction } from './expired-interaction.ts';
import { otherStep } from './step.ts';
import { setReturnLink } from '../oidc/authorization/return-link.ts';

declare module 'koa' {
  interface DefaultState {
    /** The authorization request of an interaction, for the routes below `/interaction/`. */
    pending: PendingAuthorization;
  }
}

/**
 * Loads the pending authorization request into `ctx.state.pending`, and sets the policy for the pages of its steps. Where there is none,
 * also when a concurrent request has ended it, answers with the page of an expired interaction.
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

/** The request of an interaction in its browser; undefined in another one, and when it is not pending any more. */
export async function pendingHere(
  ctx: Context,
  { interactions }: Pick<InteractionServices, 'interactions'>,
): Promise<PendingAuthorization | undefined> {
  try {
    return await interactions.pending(ctx);
  } catch (error) {
    if (error instanceof InteractionGoneError) return undefined;
    throw error;
  }
}

/** Rejects a form that belongs to another step than the current one. */
export function requireStep(step: string): Middleware {
  return async (ctx, next) => {
    if (ctx.state.pending.prompt === step) return await next();
    throw otherStep();
  };
}

/** The form token of the pages of an interaction. */
export const interactionToken: FormToken = (ctx) => ctx.state.pending.csrf;
