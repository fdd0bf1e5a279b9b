import type { Context, Middleware } from 'koa';
import { nowInSeconds } from '../../clock.ts';
import type { AccessTokenType } from '../../config/schema-apis.ts';
import { auditContext } from '../../http/state.ts';
import type { SigningAlgorithm } from '../../signing/algorithms.ts';
import type { SigningKey } from '../../signing/signing-key.ts';
import { plainClientAuthentication } from '../client-auth/plain-client.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { leaveToEngine, sendJson } from '../engine/short-path.ts';
import type { FeatureContext, RouteContext } from '../feature.ts';
import { INSTANCE_CLAIM } from '../tokens/access-token.ts';
import { canonicalResource } from '../tokens/api-access.ts';
import { resolveScope } from '../tokens/scope.ts';
import { type ClientCredentialsRequest, readClientCredentialsRequest } from './client-credentials-request.ts';
import { newTokenId } from './token-id.ts';

/**
 * The client credentials grant (RFC 6749 §4.4) without the engine, for the requests that services send thousands of times a second. The
 * response is the engine's.
 *
 * It is an allow-list: it takes a client whose registered metadata (`client-auth/plain-client.ts`), and a request whose parameters and
 * headers (`client-auth/plain-request.ts`), are all implemented. Everything else, and every request that would be rejected, is left to the
 * engine, which gets the request as it came. So a feature that restricts tokens by metadata, a parameter or a header cannot be bypassed
 * here.
 */

const GRANT_TYPE = 'client_credentials';

type ShortPathContext = FeatureContext &
  Pick<RouteContext, 'provider' | 'audit'> & { metrics: Pick<RouteContext['metrics'], 'tokenIssued'> };

/** Around the engine's token endpoint. */
export function clientCredentialsShortPath(context: ShortPathContext): Middleware {
  const issue = tokenIssuer(context);
  const { audit, metrics } = context;
  return async (ctx, next) => {
    const request = readClientCredentialsRequest(ctx);
    const token = request && (await issue(request, ctx).catch(leaveToEngine));
    if (request === undefined || token === undefined) {
      await next();
      // RFC 6749 §5.1; the engine leaves it out.
      if (ctx.status === 200) ctx.set('Pragma', 'no-cache');
    } else {
      sendJson(ctx, token);
      ctx.res.setHeader('Pragma', 'no-cache');
      metrics.tokenIssued(GRANT_TYPE);
      audit.record({
        type: 'token.issued',
        clientId: request.clientId,
        ...auditContext(ctx),
        detail: { grantType: GRANT_TYPE, scope: token.scope },
      });
    }
  };
}

/** In the engine's order. */
interface TokenResponse {
  access_token: string;
  expires_in: number;
  /** Undefined for an API without scopes. */
  scope: string | undefined;
  token_type: 'Bearer';
}

type IssueToken = (request: ClientCredentialsRequest, ctx: Context) => Promise<TokenResponse | undefined>;

function tokenIssuer(context: ShortPathContext): IssueToken {
  const { config, apis, keys, clock } = context;
  const { issuer, lifetimes } = config;
  const signers = jwtSigners(keys);
  const authenticate = plainClientAuthentication({
    ...context,
    implemented: [
      'grant_types',
      'scope',
      // Of another endpoint.
      'introspection_signed_response_alg',
      'introspection_encrypted_response_alg',
      'introspection_encrypted_response_enc',
    ],
    isAllowed: (client) => client.grantTypeAllowed(GRANT_TYPE),
  });
  return async (request, ctx) => {
    const client = await authenticate(request, ctx);
    if (client === undefined) return undefined;
    const { clientId, scopes, resource } = request;
    const resources = resource === undefined ? [] : [canonicalResource(apis, resource)];
    const resolved = resolveScope(apis, { client, policy: 'client', scopes, resources });
    const [access] = resolved.accesses;
    // RFC 8707 §2: a resource indicator has no fragment.
    if (access === undefined || access.api.audience.includes('#')) return undefined;
    const signJwt = signers.get(access.api.signingAlgorithm);
    if (signJwt === undefined) return undefined;
    const scope = resolved.scopes.join(' ') || undefined;
    const now = nowInSeconds(clock);
    const expiresIn = access.api.accessTokenLifetime ?? lifetimes.accessToken;
    const token = await signJwt(access.api.accessTokenType, {
      [INSTANCE_CLAIM]: clientSettings(client).instance,
      jti: newTokenId(),
      sub: clientId,
      iat: now,
      exp: now + expiresIn,
      scope,
      client_id: clientId,
      iss: issuer,
      aud: access.api.audience,
    });
    return { access_token: token, expires_in: expiresIn, scope, token_type: 'Bearer' };
  };
}

type SignJwt = (type: AccessTokenType, claims: object) => Promise<string>;

/** By algorithm: of several keys with one, the first signs. */
function jwtSigners(keys: readonly SigningKey[]): ReadonlyMap<SigningAlgorithm, SignJwt> {
  return new Map(keys.toReversed().map((key) => [key.alg, jwtSigner(key)]));
}

/** Signs access tokens (RFC 9068 §2.1). */
function jwtSigner(key: SigningKey): SignJwt {
  const header = (typ: AccessTokenType): string =>
    base64url(JSON.stringify({ alg: key.alg, typ, kid: key.kid }));
  const headers = { 'at+jwt': header('at+jwt'), JWT: header('JWT') };
  return async (type, claims) => {
    const data = `${headers[type]}.${base64url(JSON.stringify(claims))}`;
    const signature = await key.sign(Buffer.from(data));
    return `${data}.${Buffer.from(signature).toString('base64url')}`;
  };
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
