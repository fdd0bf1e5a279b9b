import type { Context, Middleware } from 'koa';
import type { Client } from 'oidc-provider';
import { Problem } from '../../http/problem.ts';
import type { AccessTokenClaims } from '../../http/state.ts';
import { allowOrigin } from '../engine/cross-origin.ts';
import { type AccessTokens, apiAudience } from './access-token.ts';

/**
 * Protects JSON endpoints of this server with access tokens for an API: bearer tokens (RFC 6750) that are JWTs of this server (RFC 9068
 * §4). Unlike an API elsewhere it knows the state of every token, so a token that introspection calls inactive is rejected at once.
 */

/** `b64token` after a scheme whose case does not matter (RFC 6750 §2.1, RFC 9110 §11.1). A header that was sent twice has a comma. */
const CREDENTIALS = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

const DESCRIPTION = 'access token is malformed, expired, revoked, or for another API';

/**
 * @param audience of the API, as in the configuration
 * @param scope that the token must have
 * @returns middleware that sets `ctx.state.accessToken`, or throws a `Problem`: 400, 401 or 403 (RFC 6750 §3.1)
 */
export type RequireBearer = (audience: string, scope: string) => Middleware;

/** @param findClient of the access token, whose pages may read the response (CORS) */
export function createBearer(
  accessTokens: AccessTokens,
  findClient: (id: string) => Promise<Client | undefined>,
): RequireBearer {
  return (audience, scope) => async (ctx, next) => {
    const token = bearerToken(ctx, scope);
    const verified = await accessTokens.verify(token);
    if (verified === undefined) throw invalidToken('signature, type, issuer or times');
    if (apiAudience(verified) !== audience) throw invalidToken('the audience is another API');
    // A bearer request does not prove possession of the key that such a token is bound to (RFC 9449 §7.1, RFC 8705 §3).
    if (verified.cnf !== undefined) throw invalidToken('the token is sender-constrained');
    const claims = await accessTokens.current(verified);
    if (claims === undefined) throw invalidToken('the token, its grant or its client is no longer current');
    requireScope(claims, scope);
    ctx.state.accessToken = claims;
    if (ctx.req.headers.origin !== undefined) allowOrigin(ctx, await findClient(claims.client_id));
    await next();
  };
}

/** The Authorization header is the one place that is looked at: a URL is logged, and a form can come from another site (RFC 9700 §4.3.2). */
function bearerToken({ req: { headers } }: Context, scope: string): string {
  const { authorization } = headers;
  if (authorization === undefined || !/^Bearer(?: |$)/i.test(authorization)) {
    // Without credentials there is no error code (RFC 6750 §3.1).
    throw new Problem(401, 'unauthorized', 'access token is missing in the Authorization header', {
      format: 'json',
      headers: { 'WWW-Authenticate': `Bearer scope="${scope}"` },
    });
  }
  const token = CREDENTIALS.exec(authorization)?.[1];
  if (token === undefined) throw refused(400, 'invalid_request', 'Authorization header is malformed');
  return token;
}

function requireScope({ scope: granted = '' }: AccessTokenClaims, scope: string): void {
  if (granted.split(' ').includes(scope)) return;
  throw refused(403, 'insufficient_scope', 'access token lacks the scope of this endpoint', { scope });
}

/** @param detail for the log */
function invalidToken(detail: string): Problem {
  return refused(401, 'invalid_token', DESCRIPTION, { detail });
}

function refused(
  status: 400 | 401 | 403,
  code: 'invalid_request' | 'invalid_token' | 'insufficient_scope',
  description: string,
  { scope, detail }: { scope?: string; detail?: string } = {},
): Problem {
  const parameters = [`error="${code}"`, `error_description="${description}"`];
  if (scope !== undefined) parameters.push(`scope="${scope}"`);
  return new Problem(status, code, description, {
    detail,
    format: 'json',
    headers: { 'WWW-Authenticate': `Bearer ${parameters.join(', ')}` },
  });
}
