import type { Context, Middleware } from 'koa';
import type { Client } from 'oidc-provider';
import { nowInSeconds } from '../../clock.ts';
import type { ClientMetadata } from '../../clients/metadata.ts';
import { verifySecret } from '../../clients/secrets.ts';
import { auditContext } from '../../http/state.ts';
import type { SigningAlgorithm } from '../../signing/algorithms.ts';
import type { SigningKey } from '../../signing/signing-key.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { FeatureContext, RouteContext } from '../feature.ts';
import { INSTANCE_CLAIM } from '../tokens/access-token.ts';
import { resolveScope } from '../tokens/scope.ts';
import { type ClientCredentialsRequest, readClientCredentialsRequest } from './client-credentials-request.ts';
import { newTokenId } from './token-id.ts';

/**
 * The client credentials grant (RFC 6749 §4.4) without the engine, for the requests that services send thousands of times a second. The
 * response is the engine's.
 *
 * It is an allow-list: it takes a client whose registered metadata, and a request whose parameters and headers
 * (`client-credentials-request.ts`), are all implemented here. Everything else, and every request that would be rejected, is left to the
 * engine, which gets the request as it came. So a feature that restricts tokens by metadata, a parameter or a header cannot be bypassed
 * here.
 */

const GRANT_TYPE = 'client_credentials';

/** Metadata that this path implements, or that has no part in the grant. */
const IMPLEMENTED: ReadonlySet<string> = new Set([
  // Implemented.
  'grant_types',
  'scope',
  'token_endpoint_auth_method',
  // For people: pages, authorization requests, ID tokens, sign-out.
  'client_name',
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'contacts',
  'application_type',
  'redirect_uris',
  'post_logout_redirect_uris',
  'response_types',
  'response_modes',
  'default_max_age',
  'require_auth_time',
  'initiate_login_uri',
  'first_party',
  'require_pkce',
  'id_token_signed_response_alg',
  'id_token_claims',
  // Keys of another authentication method.
  'jwks',
] satisfies (keyof ClientMetadata)[]);

const SECRET_METHODS: ReadonlySet<unknown> = new Set(['client_secret_basic', 'client_secret_post']);

type ShortPathContext = FeatureContext & Pick<RouteContext, 'provider' | 'audit' | 'metrics'>;

/** Around the engine's token endpoint. */
export function clientCredentialsShortPath(context: ShortPathContext): Middleware {
  const issue = tokenIssuer(context);
  const { audit, metrics, secretThrottle } = context;
  return async (ctx, next) => {
    const request = ctx.method === 'POST' ? await readClientCredentialsRequest(ctx) : undefined;
    const isBlocked =
      secretThrottle.hasBlocks && secretThrottle.retryAfter(request?.clientId ?? '', ctx.ip) !== undefined;
    // The engine meets the same error again, and reports it.
    const token = request && !isBlocked ? await issue(request).catch(() => undefined) : undefined;
    if (request === undefined || token === undefined) {
      await next();
      // RFC 6749 §5.1; the engine leaves it out.
      if (ctx.status === 200) ctx.set('Pragma', 'no-cache');
    } else {
      respond(ctx, token);
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

type IssueToken = (request: ClientCredentialsRequest) => Promise<TokenResponse | undefined>;

function tokenIssuer(context: ShortPathContext): IssueToken {
  const { config, provider, apis, keys, clock } = context;
  const { issuer, lifetimes } = config;
  const signers = jwtSigners(keys);
  const isPlain = plainClients();
  return async ({ clientId, clientSecret, scopes, resource }) => {
    const client = await provider.Client.find(clientId);
    if (client === undefined || !isPlain(client)) return undefined;
    const now = nowInSeconds(clock);
    if (!verifySecret(clientSettings(client).secrets, clientSecret, now)) return undefined;
    const resources = resource === undefined ? [] : [resource];
    const resolved = resolveScope(apis, { client, policy: 'client', scopes, resources });
    const [access] = resolved.accesses;
    // RFC 8707 §2: a resource indicator has no fragment.
    if (access === undefined || access.api.audience.includes('#')) return undefined;
    const signJwt = signers.get(access.api.signingAlgorithm);
    if (signJwt === undefined) return undefined;
    const scope = resolved.scopes.join(' ') || undefined;
    const expiresIn = access.api.accessTokenLifetime ?? lifetimes.accessToken;
    const token = await signJwt({
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

/** Whether a client has a secret, the grant, and no metadata that is not implemented here. Decided once per cached client. */
function plainClients(): (client: Client) => boolean {
  const decided = new WeakMap<Client, boolean>();
  return (client) => {
    let isPlain = decided.get(client);
    if (isPlain === undefined) {
      isPlain =
        SECRET_METHODS.has(client.clientAuthMethod) &&
        client.grantTypeAllowed(GRANT_TYPE) &&
        clientSettings(client).members.every((name) => IMPLEMENTED.has(name));
      decided.set(client, isPlain);
    }
    return isPlain;
  };
}

type SignJwt = (claims: object) => Promise<string>;

/** By algorithm: of several keys with one, the first signs. */
function jwtSigners(keys: readonly SigningKey[]): ReadonlyMap<SigningAlgorithm, SignJwt> {
  return new Map(keys.toReversed().map((key) => [key.alg, jwtSigner(key)]));
}

/** Signs access tokens (RFC 9068 §2.1). */
function jwtSigner(key: SigningKey): SignJwt {
  const header = base64url(JSON.stringify({ alg: key.alg, typ: 'at+jwt', kid: key.kid }));
  return async (claims) => {
    const data = `${header}.${base64url(JSON.stringify(claims))}`;
    const signature = await key.sign(Buffer.from(data));
    return `${data}.${Buffer.from(signature).toString('base64url')}`;
  };
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

/** Sets headers on Node's response: koa would look up the content type and check each value. `no-store` is there (`http/headers.ts`). */
function respond(ctx: Context, token: TokenResponse): void {
  const { res } = ctx;
  res.setHeader('Vary', 'Origin');
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  // As text: for an object koa looks for `Response`, which loads the HTTP client behind `fetch`.
  ctx.body = JSON.stringify(token);
  res.setHeader('Pragma', 'no-cache');
}
