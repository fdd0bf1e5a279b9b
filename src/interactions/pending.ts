import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { InteractionGoneError, type PendingAuthorization } from '../oidc/authorization/interactions.ts';
import type { InteractionServices } from './services.ts';
import { showExpiredInteraction } from './expired-interaction.ts';
import { setReturnLink } from '../oidc/authorization/return-link.ts';

/**
 * Loads the waiting authorization request into `ctx.state.pending`. Where there is none any more, also when a concurrent request ended
 * it while this one was at work, the answer says what the person can do.
 */
export function withPending(services: InteractionServices): Middleware {
  const { interactions, log } = services;
  return async (ctx, next) => {
    ctx.state.route = 'interaction';
    try {
      const pending = await interactions.pending(ctx);
      ctx.state.pending = pending;
      setReturnLink(ctx, pending.uid, { clientId: pending.client.id });
      await next();
    } catch (error) {
      if (!(error instanceof InteractionGoneError)) throw error;
      log.info({ traceId: ctx.state.traceId as string, err: error }, 'interaction not found');
      await showExpiredInteraction(ctx, services);
    }
  };
}

/** Refuses the form of another step than the one that waits for an answer. */
export function onlyWhenDue(step: string, { renderPage }: InteractionServices): Middleware {
  return async (ctx, next) => {
    if ((ctx.state.pending as PendingAuthorization).prompt === step) {
      await next();
      return;
    }
    ctx.status = 400;
    renderPage(ctx, 'error', {
      error: 'invalid_form',
      description: 'the form belongs to another step of the sign-in',
      traceId: ctx.state.traceId as string,
    });
  };
}

/** The value of a form field, when it was sent exactly once. */
export function field(ctx: Context, name: string): string | undefined {
  const body = ctx.request.body as Record<string, unknown> | undefined;
  const value = body !== undefined && Object.hasOwn(body, name) ? body[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Whether a form or link carries the token of this interaction. Answers 403 itself when it does not. */
export function hasValidCsrf(
  ctx: Context,
  pending: PendingAuthorization,
  { renderPage }: InteractionServices,
  token = field(ctx, 'csrf') ?? '',
): boolean {
  if (timingSafeEqual(digest(token), digest(pending.csrf))) return true;
  ctx.status = 403;
  renderPage(ctx, 'error', {
    error: 'invalid_form',
    description: 'the form was not sent from the page of this sign-in',
    traceId: ctx.state.traceId as string,
  });
  return false;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
