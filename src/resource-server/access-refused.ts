import type { ExtendableContext } from 'koa';

/**
 * Why a request was turned away, in two texts: `description` is for the client and says nothing that helps an
 * attacker; `reason` (the error's message) is for the log and holds no token.
 */
export class AccessRefused extends Error {
  override readonly name = 'AccessRefused';
  readonly status: 400 | 401 | 403 | 503;
  /** RFC 6750 §3.1 code; absent when the request carried no credentials at all. */
  readonly code: string | undefined;
  readonly description: string;
  /** What the token would have had to grant (RFC 6750 §3). */
  readonly scope: string | undefined;
  /** Seconds until it is worth trying again. */
  readonly retryAfter: number | undefined;

  constructor(
    status: AccessRefused['status'],
    reason: string,
    answer: { code?: string; description: string; scope?: string; retryAfter?: number },
  ) {
    super(reason);
    this.status = status;
    this.code = answer.code;
    this.description = answer.description;
    this.scope = answer.scope;
    this.retryAfter = answer.retryAfter;
  }
}

/** RFC 6750 §3.1: no authentication information, so no error code either. */
export function noToken(reason: string): AccessRefused {
  return new AccessRefused(401, reason, {
    description: 'This API needs an access token in the Authorization header',
  });
}

export function invalidRequest(description: string): AccessRefused {
  return new AccessRefused(400, description, { code: 'invalid_request', description });
}

export function invalidToken(reason: string): AccessRefused {
  return new AccessRefused(401, reason, {
    code: 'invalid_token',
    description: 'The access token is malformed, expired, or not meant for this API',
  });
}

export function insufficientScope(scope: string): AccessRefused {
  return new AccessRefused(403, `the token lacks ${scope}`, {
    code: 'insufficient_scope',
    description: `The access token must grant ${scope}`,
    scope,
  });
}

/** The issuer's keys cannot be had, so nobody can tell whether the token is good: not the client's fault. */
export function issuerUnavailable(reason: string, retryAfterMs: number): AccessRefused {
  return new AccessRefused(503, reason, {
    code: 'temporarily_unavailable',
    description: 'Access tokens cannot be checked at the moment',
    retryAfter: Math.max(1, Math.ceil(retryAfterMs / 1000)),
  });
}

/**
 * Answers by RFC 6750 §3; `resource_metadata` tells the client where to find the authorization server (RFC 9728 §5.1).
 * All values are this file's own texts, the configured scopes and URLs: none can hold a quote.
 */
export function answerRefusal(
  ctx: ExtendableContext,
  { status, code, description, scope, retryAfter }: AccessRefused,
  resourceMetadata: string | undefined,
): void {
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  ctx.body = { error: code, error_description: description };
  if (retryAfter !== undefined) {
    ctx.set('Retry-After', String(retryAfter));
    return;
  }
  const parameters = {
    error: code,
    error_description: code && description,
    scope,
    resource_metadata: resourceMetadata,
  };
  const challenge = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ');
  ctx.set('WWW-Authenticate', `Bearer ${challenge}`.trimEnd());
}
