import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';
import { Problem } from './problem.ts';
import type { Session } from './session.ts';

/**
 * Makes sure that a form was one of ours. SameSite cookies are not enough: every port of localhost is the same site.
 * @returns the session that the form acts in
 * @throws Problem 403
 */
export function checkForm(ctx: Context, session: Session | undefined): Session {
  const token = formField(ctx, 'csrf');
  if (session !== undefined && token !== undefined && isEqual(token, session.csrfToken)) return session;
  const description = 'The page was too old, or your session has ended. Go back to the start and try again.';
  throw new Problem(403, 'form_expired', 'That form is no longer valid', description);
}

/** A field of the form; undefined when it is missing or there are several. */
export function formField(ctx: Context, name: string): string | undefined {
  const body: unknown = ctx.request.body;
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Object.entries(body).find(([key]) => key === name)?.[1];
  return typeof value === 'string' ? value : undefined;
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
