import type { Context } from 'koa';
import type { ErrorText } from '../pages/error-texts.ts';

export interface ProblemOptions {
  /** For the line of the request in the log; no secrets. */
  detail?: string | undefined;
  /** Seconds, for `Retry-After`. */
  retryAfter?: number | undefined;
  headers?: Readonly<Record<string, string>>;
  /** For the error page: the address of this server, for a visitor of another one. */
  address?: string | undefined;
  /** For the error page: what happened and what to do. By default the texts of the code (`pages/error-texts.ts`). */
  words?: ErrorText;
  /** By default the client chooses with `Accept`. */
  format?: 'json' | 'page' | undefined;
}

/**
 * A rejected request. Middleware and handlers throw it; `problem-responder.ts` turns it into JSON or into the error page. It is no failure of
 * the server, so the log has the line of the request only.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** For the client, for instance `invalid_request` (RFC 6749 §5.2). */
  readonly code: string;
  readonly options: ProblemOptions;

  /** @param description for the client: one fragment in lower case that names the parameter and what is wrong */
  constructor(status: number, code: string, description: string, options: ProblemOptions = {}) {
    super(description);
    this.status = status;
    this.code = code;
    this.options = options;
  }
}

/** Answers with a problem as JSON (RFC 6749 §5.2), which no cache keeps. */
export function sendProblem(ctx: Context, { status, code, message, options }: Problem): void {
  const { retryAfter, headers } = options;
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  if (headers !== undefined) ctx.set(headers);
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
  const wait = retryAfter === undefined ? '' : `; try again in ${formatWait(retryAfter)}`;
  ctx.body = { error: code, error_description: message + wait };
}

/** For applications, rounded up: `45 seconds`, and from two minutes `3 minutes`. */
export function formatWait(seconds: number): string {
  const [count, unit] = seconds < 120 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
