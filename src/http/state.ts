import type { Problem } from './problem.ts';

/** The members of `ctx.state` that middleware shares. */
declare module 'koa' {
  interface DefaultState {
    /** Shared by the response, pages, log and audit trail. */
    traceId: string;
    /** Name of the route, for log and metrics. */
    route?: string | undefined;
    /** The parsed form of a request whose body was read. */
    form?: NodeJS.Dict<string | string[]>;
    /** What the request was rejected with. */
    problem?: Problem;
    /** Scopes that were left out of an OpenID Connect request, because its client is not registered for them. */
    narrowedScope?: string;
    /** Claims of the access token of a request, behind `Services.bearer`. */
    accessToken?: AccessTokenClaims;
  }
}

/** Claims of an access token for an API (RFC 9068 §2.2). */
export interface AccessTokenClaims {
  [claim: string]: unknown;
  jti: string;
  /** What the client knows the person by; pairwise for some clients, so it is no account id. */
  sub: string;
  /** Epoch seconds. */
  exp: number;
  /** The API, or the API and the userinfo endpoint. */
  aud: string | [api: string, userinfo: string];
  client_id: string;
  scope?: string | undefined;
}

export interface AuditContext {
  ip: string;
  traceId: string;
}

/** The members that every audit event of a request has. */
export function auditContext(ctx: { ip: string; state: { traceId: string } }): AuditContext {
  return { ip: ctx.ip, traceId: ctx.state.traceId };
}
