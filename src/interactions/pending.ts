import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { InteractionGoneError, type PendingAuthorization } from '../oidc/interactions.ts';
import type { InteractionServices } from './services.ts';

/** Loads the waiting authorization request into `ctx.state.pending`; an interaction that is over or another browser's gets a page that says what to do. */
export function withPending({ interactions, showPage, log }: InteractionServices): Middleware {
  return async (ctx, next) => {
    ctx.state.route = 'interaction';
    try {
      ctx.state.pending = await interactions.pending(ctx);
    } catch (error) {
      if (!(error instanceof InteractionGoneError)) throw error;
      log.info({ traceId: ctx.state.traceId as string, err: error }, 'interaction not found');
      ctx.status = 400;
      showPage(ctx, 'error', {
        error: 'interaction_expired',
        description:
          'This sign-in is no longer waiting: it took too long, was finished in another tab, or belongs to another browser. ' +
          'Go back to the app and sign in again.',
        traceId: ctx.state.traceId as string,
      });
      return;
    }
    await next();
  };
}

/** The value of a form field, when it was sent exactly once. */
export function field(ctx: Context, name: string): string | undefined {
  const body = ctx.request.body as Record<string, unknown> | undefined;
  const value = body !== undefined && Object.hasOwn(body, name) ? body[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Whether the form carries the token of this interaction. Answers 403 itself when it does not. */
export function hasValidCsrf(
  ctx: Context,
  pending: PendingAuthorization,
  { showPage }: InteractionServices,
): boolean {
  const token = field(ctx, 'csrf') ?? '';
  if (timingSafeEqual(digest(token), digest(pending.csrf))) return true;
  ctx.status = 403;
  showPage(ctx, 'error', {
    error: 'invalid_form',
    description: 'The form was not sent from our page. Go back to the app and sign in again.',
    traceId: ctx.state.traceId as string,
  });
  return false;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
