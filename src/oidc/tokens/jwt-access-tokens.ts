import { createLocalJWKSet, errors as joseErrors, jwtVerify, type JWK } from 'jose';
import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Context, Middleware } from 'koa';
import type { Audit } from '../../audit/audit.ts';
import type { Api } from '../../config/schema.ts';
import type { ArtifactStore } from '../../store/store.ts';
import { type Apis, findAccess, indexApis } from './api-access.ts';

/**
 * Introspection (RFC 7662) and revocation (RFC 7009) of JWT access tokens. The engine authenticates the client and then refuses
 * structured tokens; this middleware runs around it and answers in its place. A token is active while its signature and
 * times hold, it was not revoked by `jti`, the grant and account it was issued under still stand, and its client may still have the API.
 *
 * A token concerns its client and, for introspection, the clients that its API names. For any other client nothing is looked up that
 * the token does not say itself, so that neither the answer nor its time tells whether the token is still good.
 */
export interface JwtAccessTokenOptions {
  issuer: string;
  keys: readonly JWK[];
  artifacts: ArtifactStore;
  audit: Audit;
  apis: readonly Api[];
  findClient: (id: string) => Promise<Client | undefined>;
  /** Whether a grant still stands, with its account and its client. */
  isGrantActive: (grantId: string) => Promise<boolean>;
  /** Whether a client is there, and the one that it was. */
  isClientCurrent: (clientId: string, instance: unknown) => Promise<boolean>;
  /** Seconds of leeway on times. */
  clockTolerance: number;
}

/** Claim that ties a token to its grant, so that ending the grant ends the token without a write for each token. */
export const GRANT_CLAIM = 'grant_id';

/** In tokens that clients have for themselves, the same for the client: what one had is not that of the next with its id. */
export const INSTANCE_CLAIM = 'client_instance';

const ENDPOINTS = new Set(['introspection', 'revocation']);

export function jwtTokenEndpoints(options: JwtAccessTokenOptions): Middleware {
  const keySet = createLocalJWKSet({ keys: [...options.keys] });
  const apis = indexApis(options.apis);
  const introspectors = new Map(
    options.apis.map(({ audience, introspectionClients }) => [audience, new Set(introspectionClients)]),
  );
  return async (ctx, next) => {
    await next();
    const oidc = (ctx as unknown as Partial<KoaContextWithOIDC>).oidc;
    if (oidc === undefined || !ENDPOINTS.has(oidc.route)) return;
    if (oidc.route === 'introspection' && oidc.client?.clientAuthMethod === 'none') {
      refuseUnauthenticated(ctx);
      const detail = 'a public client has no credentials, and introspection is for clients that have';
      oidc.provider.emit('introspection.error', ctx, new errors.InvalidClientAuth(detail));
      return;
    }
    if (!wasRefusedAsStructured(ctx.body)) return;
    const clientId = oidc.client?.clientId as string;
    const claims = await verify(String(oidc.params?.token), keySet, options);
    const isOwn = claims?.client_id === clientId;
    ctx.remove('WWW-Authenticate');
    if (oidc.route === 'revocation') {
      if (claims !== undefined && !isOwn) refuseRevocation(ctx);
      else await revoke(ctx as unknown as KoaContextWithOIDC, clientId, claims, options);
      return;
    }
    // RFC 7662 §4.
    const mayKnow = isOwn || introspectors.get(claims?.aud ?? '')?.has(clientId) === true;
    const known = claims !== undefined && mayKnow ? await current(claims, apis, options) : undefined;
    ctx.status = 200;
    ctx.body = known === undefined ? { active: false } : introspected(known);
  };
}

interface AccessTokenClaims {
  [claim: string]: unknown;
  jti: string;
  sub: string;
  exp: number;
  aud: string;
  client_id: string;
  scope?: string | undefined;
}

function wasRefusedAsStructured(body: unknown): boolean {
  return (body as { error?: unknown } | undefined)?.error === 'unsupported_token_type';
}

/** What the token says, when it is one of ours and its time has not passed. */
async function verify(
  token: string,
  keySet: ReturnType<typeof createLocalJWKSet>,
  { issuer, clockTolerance }: JwtAccessTokenOptions,
): Promise<AccessTokenClaims | undefined> {
  try {
    const verified = await jwtVerify<AccessTokenClaims>(token, keySet, {
      issuer,
      typ: 'at+jwt',
      algorithms: ['RS256'],
      requiredClaims: ['jti', 'sub', 'exp', 'aud', 'client_id'],
      clockTolerance,
    });
    return verified.payload;
  } catch (error) {
    if (error instanceof joseErrors.JOSEError) return undefined;
    throw error;
  }
}

/** What it says as far as that is still so, when it is still good. What its client may no longer ask for is left out. */
async function current(
  claims: AccessTokenClaims,
  apis: Apis,
  { artifacts, findClient, isGrantActive, isClientCurrent }: JwtAccessTokenOptions,
): Promise<AccessTokenClaims | undefined> {
  const { jti, client_id: clientId, aud, [GRANT_CLAIM]: grantId, scope } = claims;
  if ((await artifacts.find('RevokedAccessToken', jti)) !== undefined) return undefined;
  const stands =
    typeof grantId === 'string'
      ? await isGrantActive(grantId)
      : await isClientCurrent(clientId, claims[INSTANCE_CLAIM]);
  const client = stands ? await findClient(clientId) : undefined;
  const access = client && findAccess(apis, client, aud);
  if (access === undefined) return undefined;
  if (scope === undefined) return claims;
  const left = scope.split(' ').filter((each) => access.scopes.includes(each));
  return { ...claims, scope: left.length > 0 ? left.join(' ') : undefined };
}

/** RFC 7662 §2.1: who asks has to authenticate, and a client without credentials cannot. */
function refuseUnauthenticated(ctx: Context): void {
  ctx.status = 401;
  ctx.body = { error: 'invalid_client', error_description: 'client authentication failed' };
}

function introspected({
  [GRANT_CLAIM]: _grant,
  [INSTANCE_CLAIM]: _instance,
  ...claims
}: AccessTokenClaims): object {
  return { active: true, token_type: 'Bearer', ...claims };
}

/** RFC 7009 §2.1. A token names its client itself; this says nothing else about it. */
function refuseRevocation(ctx: Context): void {
  const { statusCode, error, error_description } = new errors.InvalidRequest(
    'client is not authorized to revoke the presented token',
  );
  ctx.status = statusCode;
  ctx.body = { error, error_description };
}

async function revoke(
  ctx: KoaContextWithOIDC,
  clientId: string,
  claims: AccessTokenClaims | undefined,
  { artifacts, audit }: JwtAccessTokenOptions,
): Promise<void> {
  if (claims !== undefined && (await artifacts.find('RevokedAccessToken', claims.jti)) === undefined) {
    await artifacts.upsert('RevokedAccessToken', claims.jti, { payload: {}, expiresAt: claims.exp + 60 });
    const traceId = ctx.state.traceId;
    audit.record({ type: 'token.revoked', clientId, ip: ctx.ip, traceId, detail: { jti: claims.jti } });
  }
  ctx.status = 200;
  ctx.body = '';
}
