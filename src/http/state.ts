import type { Problem } from './problem.ts';

/** What the parts of a request's chain tell each other, in `ctx.state`. */
declare module 'koa' {
  interface DefaultState {
    /** Shared by the response, pages, log and audit trail. */
    traceId: string;
    /** Name of the route, for log and metrics. */
    route?: string | undefined;
    /** The parsed form of a request whose body was read. */
    form?: NodeJS.Dict<string | string[]>;
    /** What the request was refused with. */
    problem?: Problem;
  }
}

export interface AuditContext {
  ip: string;
  traceId: string;
}

/** The members that every audit event of a request has. */
export function auditContext(ctx: { ip: string; state: { traceId: string } }): AuditContext {
  return { ip: ctx.ip, traceId: ctx.state.traceId };
}
