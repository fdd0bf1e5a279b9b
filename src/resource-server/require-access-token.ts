import type { Middleware } from 'koa';
import { AccessRefused, answerRefusal, insufficientScope, invalidToken } from './access-refused.ts';
import { type AccessToken, accessTokenVerifier } from './access-token.ts';
import { bearerToken } from './bearer-token.ts';
import { issuerKeys } from './issuer-keys.ts';
import { type IntrospectionOptions, tokenStatus } from './token-status.ts';

/**
 * Protects an API with JWT access tokens (RFC 9068) sent as bearer tokens (RFC 6750). This file and the six that it
 * imports need jose and koa only: copy them into an API of your own.
 */

export interface AccessTokenOptions {
  /** Exactly as in the tokens: no trailing slash more or less. */
  issuer: string;
  /** This API, as in the tokens' `aud`. */
  audience: string;
  /** Where the issuer publishes its keys; `<issuer>/jwks` by default. */
  jwksUri?: string;
  /** Asymmetric signature algorithms to accept; RS256 by default. */
  algorithms?: readonly string[];
  /** How far the issuer's clock may be from ours, in seconds; 10 by default. */
  clockTolerance?: number;
  /** How long fetched keys are used, in milliseconds; ten minutes by default. */
  jwksMaxAge?: number;
  /** Shortest time between two fetches because of an unknown key, in milliseconds; 30 seconds by default. */
  jwksCooldown?: number;
  /**
   * Ask the issuer whether a token still stands, so that one that was revoked is refused within five seconds. Without it, a token is
   * good until it expires.
   */
  introspection?: IntrospectionOptions;
  /** URL of this API's metadata (RFC 9728), named in every challenge. */
  resourceMetadata?: string;
  /** Receives the precise reason of each refusal, for the log. It never holds a token. */
  onReject?: (refusal: { status: number; code: string | undefined; reason: string }) => void;
}

export interface AuthorizedState {
  accessToken: AccessToken;
}

/**
 * Lets requests with a good access token through and leaves it in `ctx.state.accessToken`; answers all others itself.
 * Where forms are accepted, their parser goes before it, so that a token in the body is seen and refused.
 * @throws TypeError at once when the options cannot be safe
 */
export function requireAccessToken(options: AccessTokenOptions): Middleware<AuthorizedState> {
  const { issuer, audience, resourceMetadata, onReject, algorithms = ['RS256'] } = options;
  if (algorithms.length === 0 || algorithms.some((name) => name === 'none' || name.startsWith('HS'))) {
    throw new TypeError('algorithms must name asymmetric signature algorithms');
  }
  const verify = accessTokenVerifier({
    issuer,
    audience,
    algorithms,
    clockTolerance: options.clockTolerance ?? 10,
    keys: issuerKeys({
      jwksUri: options.jwksUri ?? `${issuer}/jwks`,
      maxAge: options.jwksMaxAge ?? 600_000,
      cooldown: options.jwksCooldown ?? 30_000,
    }),
  });

  const stands = options.introspection && tokenStatus(issuer, options.introspection);

  return async (ctx, next) => {
    try {
      const token = bearerToken(ctx);
      ctx.state.accessToken = await verify(token);
      if (stands && !(await stands(token))) throw invalidToken('the issuer says that the token has ended');
      await next();
    } catch (error) {
      if (!(error instanceof AccessRefused)) throw error;
      onReject?.({ status: error.status, code: error.code, reason: error.message });
      answerRefusal(ctx, error, resourceMetadata);
    }
  };
}

/** Goes after `requireAccessToken`, which answers 403 when the token does not grant `scope`. */
export function requireScope(scope: string): Middleware<AuthorizedState> {
  return (ctx, next) => {
    if (!ctx.state.accessToken.scopes.has(scope)) throw insufficientScope(scope);
    return next();
  };
}
