import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';
import { Problem } from './problem.ts';
import type { Session } from './session.ts';

/**
 * CSRF protection: requires the token of the session in the form. SameSite cookies are not sufficient, because all ports of
 * localhost are one site.
 * @returns the session
 * @throws Problem 403
 */
export function requireFormToken(ctx: Context, session: Session | undefined): Session {
  const token = formField(ctx, 'csrf');
  if (session !== undefined && token !== undefined && isEqual(token, session.csrfToken)) return session;
  const description = 'The page was too old, or your session has ended. Go back to the start and try again.';
  throw new Problem(403, 'form_expired', 'That form is no longer valid', description);
}

/** The value of a form field; undefined when the field is missing or repeated. */
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
