import { randomBytes } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import type { Provider } from 'oidc-provider';
import type { Audit } from '../../audit/audit.ts';
import { verifySecret } from '../../clients/secrets.ts';
import type { Api } from '../../config/schema.ts';
import type { ClientSecretThrottle } from '../../limits/client-secret-throttle.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { SigningKey } from '../../signing/signing-key.ts';
import { indexApis, clientCredentialsScope } from '../tokens/api-access.ts';
import { type ClientCredentialsRequest, readClientCredentialsRequest } from './client-credentials-request.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { INSTANCE_CLAIM } from '../tokens/jwt-access-tokens.ts';

/**
 * The client credentials grant (RFC 6749 §4.4) without the engine, for what machines send thousands of times a second: a client with a
 * secret asks for an access token to an API and may have it. The answer is the engine's. Whatever is not that plain case, and above
 * all every refusal, is left to the engine, which gets the request as it came.
 */
export interface ClientCredentialsOptions {
  issuer: string;
  provider: Provider;
  secretThrottle: ClientSecretThrottle;
  apis: readonly Api[];
  /** Seconds that a token lives whose API does not say. */
  lifetime: number;
  /** The one that signs first. */
  keys: readonly SigningKey[];
  audit: Pick<Audit, 'record'>;
  metrics: Pick<Metrics, 'tokenIssued'>;
  /** Epoch milliseconds. */
  clock: () => number;
}

const GRANT_TYPE = 'client_credentials';
const SECRET_METHODS: ReadonlySet<unknown> = new Set(['client_secret_basic', 'client_secret_post']);

/** As many as the engine's token ids have. */
const JTI_BYTES = 32;

/** Around the engine's token endpoint. */
export function clientCredentials(options: ClientCredentialsOptions): Middleware {
  const issue = tokenIssuer(options);
  const { audit, metrics, secretThrottle } = options;
  return async (ctx, next) => {
    const request = ctx.method === 'POST' ? await readClientCredentialsRequest(ctx) : undefined;
    const isRefused =
      secretThrottle.hasBlocks && secretThrottle.retryAfter(request?.clientId ?? '', ctx.ip) !== undefined;
    // Whatever fails here is for the engine to meet again, and to say.
    const token = request && !isRefused ? await issue(request).catch(() => undefined) : undefined;
    if (request === undefined || token === undefined) {
      await next();
    } else {
      answer(ctx, token);
      const traceId = ctx.state.traceId;
      const detail = { grantType: GRANT_TYPE, scope: token.scope };
      metrics.tokenIssued(GRANT_TYPE);
      audit.record({ type: 'token.issued', clientId: request.clientId, ip: ctx.ip, traceId, detail });
    }
    // RFC 6749 §5.1; the engine leaves it out.
    if (ctx.status === 200) ctx.set('Pragma', 'no-cache');
  };
}

/** In the engine's order. */
interface TokenResponse {
  access_token: string;
  expires_in: number;
  /** Of an API without scopes there is none. */
  scope: string | undefined;
  token_type: 'Bearer';
}

type IssueToken = (request: ClientCredentialsRequest) => Promise<TokenResponse | undefined>;

function tokenIssuer(options: ClientCredentialsOptions): IssueToken {
  const { issuer, provider, lifetime, clock } = options;
  const apis = indexApis(options.apis);
  const signJwt = jwtSigner(options.keys);
  return async ({ clientId, clientSecret, scopes, resource }) => {
    const client = await provider.Client.find(clientId);
    if (client === undefined || !SECRET_METHODS.has(client.clientAuthMethod)) return undefined;
    const now = Math.floor(clock() / 1000);
    if (!verifySecret(clientSettings(client).secrets, clientSecret, now)) return undefined;
    if (!client.grantTypeAllowed(GRANT_TYPE)) return undefined;
    const { api, scope } = clientCredentialsScope(apis, client, scopes, resource);
    // RFC 8707 §2: a resource indicator has no fragment.
    if (api.audience.includes('#')) return undefined;
    const expiresIn = api.accessTokenLifetime ?? lifetime;
    const token = await signJwt({
      [INSTANCE_CLAIM]: clientSettings(client).instance,
      jti: randomBytes(JTI_BYTES).toString('base64url'),
      sub: clientId,
      iat: now,
      exp: now + expiresIn,
      scope: scope || undefined,
      client_id: clientId,
      iss: issuer,
      aud: api.audience,
    });
    return { access_token: token, expires_in: expiresIn, scope: scope || undefined, token_type: 'Bearer' };
  };
}

/** Signs access tokens (RFC 9068 §2.1). */
function jwtSigner(keys: readonly SigningKey[]): (claims: object) => Promise<string> {
  const key = keys.find(({ alg }) => alg === 'RS256');
  if (key === undefined) throw new TypeError('no key signs with RS256');
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

function answer(ctx: Context, token: TokenResponse): void {
  ctx.state.route = 'token';
  ctx.set('Vary', 'Origin');
  ctx.set('Cache-Control', 'no-store');
  ctx.type = 'json';
  // As text: of an object koa asks whether it is a `Response`, and with the answer comes the whole HTTP client behind `fetch`.
  ctx.body = JSON.stringify(token);
}
