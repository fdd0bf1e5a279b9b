import type { ExtendableContext } from 'koa';

/**
 * A rejected request, with two texts: `description` is for the client and reveals nothing that helps an attacker; the `reason`
 * (the error's message) is for the log. Neither contains a token.
 */
export class BearerError extends Error {
  override readonly name = 'BearerError';
  readonly status: 400 | 401 | 403 | 503;
  /** RFC 6750 §3.1; absent when the request had no credentials. */
  readonly code: string | undefined;
  readonly description: string;
  /** Seconds. */
  readonly retryAfter: number | undefined;
  /** What the sign-in lacks (RFC 9470 §3). */
  readonly authentication: RequiredAuthentication | undefined;

  constructor(
    status: BearerError['status'],
    reason: string,
    response: {
      code?: string;
      description: string;
      retryAfter?: number;
      authentication?: RequiredAuthentication;
    },
  ) {
    super(reason);
    this.status = status;
    this.code = response.code;
    this.description = response.description;
    this.retryAfter = response.retryAfter;
    this.authentication = response.authentication;
  }
}

/** Without an error code, as for every request without credentials (RFC 6750 §3.1). */
export function missingToken(reason: string): BearerError {
  return new BearerError(401, reason, {
    description: 'This API needs an access token in the Authorization header',
  });
}

export function invalidRequest(description: string): BearerError {
  return new BearerError(400, description, { code: 'invalid_request', description });
}

export function invalidToken(reason: string): BearerError {
  return new BearerError(401, reason, {
    code: 'invalid_token',
    description: 'The access token is malformed, expired, or not meant for this API',
  });
}

export function insufficientScope(scope: string): BearerError {
  return new BearerError(403, `the token lacks ${scope}`, {
    code: 'insufficient_scope',
    description: `The access token must grant ${scope}`,
  });
}

/** How a person must have signed in for an operation (RFC 9470). */
export interface RequiredAuthentication {
  /** Each of these is enough: the API compares strings, and knows no order of them. */
  acrValues: readonly string[];
  /** Seconds since the sign-in, at most. */
  maxAge?: number | undefined;
}

/** The person has to sign in with more, or again: step-up (RFC 9470 §3). */
export function insufficientAuthentication(
  authentication: RequiredAuthentication,
  reason: string,
): BearerError {
  return new BearerError(401, reason, {
    code: 'insufficient_user_authentication',
    description: 'This needs a stronger or more recent sign-in',
    authentication,
  });
}

/** The token cannot be verified without the issuer: a server error, so that clients do not discard a valid token. */
export function issuerUnavailable(reason: string, retryAfterMs: number): BearerError {
  return new BearerError(503, reason, {
    code: 'temporarily_unavailable',
    description: 'Access tokens cannot be checked at the moment',
    retryAfter: Math.max(1, Math.ceil(retryAfterMs / 1000)),
  });
}

/** What a client needs for its next request. */
export interface Challenge {
  /** The scope that the route needs (RFC 6750 §3). */
  scope: string;
  /** URL of the protected resource metadata (RFC 9728 §5.1). */
  resourceMetadata: string | undefined;
}

/**
 * Sends the response of RFC 6750 §3, with `resource_metadata` (RFC 9728 §5.1), by which a client finds the authorization server.
 * No value needs escaping: all are texts of this file, or configured scopes and URLs, and none contains a quote.
 */
export function sendBearerError(
  ctx: ExtendableContext,
  { status, code, description, retryAfter, authentication }: BearerError,
  { scope, resourceMetadata }: Challenge,
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
    acr_values: authentication?.acrValues.join(' '),
    max_age: authentication?.maxAge,
    scope: status === 400 ? undefined : scope,
    resource_metadata: resourceMetadata,
  };
  const challenge = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ');
  ctx.set('WWW-Authenticate', `Bearer ${challenge}`.trimEnd());
}
