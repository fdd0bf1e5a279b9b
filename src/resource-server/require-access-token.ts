import type { Middleware } from 'koa';
import { type AccessToken, createAccessTokenVerifier } from './access-token.ts';
import {
  BearerError,
  insufficientAuthentication,
  insufficientScope,
  invalidToken,
  type RequiredAuthentication,
  sendBearerError,
} from './bearer-error.ts';
import { readBearerToken } from './bearer-token.ts';
import { createIntrospector, type IntrospectionOptions } from './introspection.ts';
import { createIssuerKeys } from './issuer-keys.ts';

/**
 * Koa middleware that protects an API with JWT access tokens (RFC 9068), sent as bearer tokens (RFC 6750). To use it in an API of your
 * own, copy this file and the six files that it imports. They depend on jose, koa and lru-cache only.
 */

export interface AccessTokenOptions {
  /** The `iss` of the tokens, compared as a string: a trailing slash matters. */
  issuer: string;
  /** The `aud` of tokens for this API. */
  audience: string;
  /** JWKS of the issuer. Default: `<issuer>/jwks`. */
  jwksUri?: string;
  /** Accepted signature algorithms, asymmetric only: the one that the issuer has configured for this API. Default: RS256. */
  algorithms?: readonly string[];
  /** Accepted clock difference to the issuer, in seconds. Default: 10. */
  clockTolerance?: number;
  /** Milliseconds that fetched keys are used. Default: ten minutes. */
  jwksMaxAge?: number;
  /** Minimum milliseconds between two fetches caused by an unknown `kid`. Default: 30 seconds. */
  jwksCooldown?: number;
  /** Introspect each token, so that a revoked token is rejected within five seconds. Without it, a token is valid until it expires. */
  introspection?: IntrospectionOptions;
  /** URL of the protected resource metadata (RFC 9728), sent in every challenge. */
  resourceMetadata?: string;
  /** Receives the precise reason of each rejection, for the log. It never contains a token. */
  onReject?: (rejection: { status: number; code: string | undefined; reason: string }) => void;
}

export interface AuthorizedState {
  accessToken: AccessToken;
}

/** Middleware of a route that needs a token with this scope and, for some operations, a certain sign-in of the person. */
export type RequireScope = (
  scope: string,
  authentication?: RequiredAuthentication,
) => Middleware<AuthorizedState>;

/**
 * @returns a function that makes the middleware of a route. It passes requests with a valid access token on, with its claims in
 *   `ctx.state.accessToken`, and responds to all others itself: 401 or 403, with the scope in the challenge (RFC 6750 §3).
 *   If the API accepts forms, put the form parser before the middleware: a token in the body is then detected and rejected.
 * @throws TypeError when called with insecure algorithms
 */
export function requireAccessToken(options: AccessTokenOptions): RequireScope {
  const { issuer, audience, resourceMetadata, onReject, algorithms = ['RS256'] } = options;
  if (algorithms.length === 0 || algorithms.some((name) => name === 'none' || name.startsWith('HS'))) {
    throw new TypeError('algorithms must name asymmetric signature algorithms');
  }
  const verify = createAccessTokenVerifier({
    issuer,
    audience,
    algorithms,
    clockTolerance: options.clockTolerance ?? 10,
    keys: createIssuerKeys({
      jwksUri: options.jwksUri ?? `${issuer.replace(/\/$/, '')}/jwks`,
      maxAge: options.jwksMaxAge ?? 600_000,
      cooldown: options.jwksCooldown ?? 30_000,
    }),
  });

  const isActive = options.introspection && createIntrospector(issuer, options.introspection);

  return (scope, authentication) => async (ctx, next) => {
    try {
      const token = readBearerToken(ctx);
      ctx.state.accessToken = await verify(token);
      if (isActive && !(await isActive(token)))
        throw invalidToken('the issuer reports the token as inactive');
      if (!ctx.state.accessToken.scopes.has(scope)) throw insufficientScope(scope);
      if (authentication !== undefined) requireAuthentication(ctx.state.accessToken, authentication);
    } catch (error) {
      if (!(error instanceof BearerError)) throw error;
      onReject?.({ status: error.status, code: error.code, reason: error.message });
      sendBearerError(ctx, error, { scope, resourceMetadata });
      return;
    }
    await next();
  };
}

/**
 * A client that acts for itself has no sign-in, and is rejected too.
 * @throws BearerError 401 `insufficient_user_authentication` (RFC 9470 §3)
 */
function requireAuthentication({ acr, authTime }: AccessToken, required: RequiredAuthentication): void {
  const { acrValues, maxAge } = required;
  if (acr === undefined || !acrValues.includes(acr))
    throw insufficientAuthentication(required, 'the "acr" of the token is not sufficient');
  if (maxAge !== undefined && (authTime === undefined || Date.now() / 1000 - authTime > maxAge))
    throw insufficientAuthentication(required, 'the sign-in of the person is too long ago');
}
