import { createLocalJWKSet, errors as joseErrors, jwtVerify, type JWK } from 'jose';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Context, Middleware } from 'koa';
import type { Audit } from '../audit/audit.ts';
import type { ArtifactStore } from '../store/store.ts';

/**
 * Introspection (RFC 7662) and revocation (RFC 7009) of JWT access tokens. The engine authenticates the client and then refuses
 * structured tokens; this middleware runs around it and answers in its place. A token is active while its signature and
 * times hold, it was not revoked by `jti`, and the grant and account it was issued under still stand.
 */
export interface JwtAccessTokenOptions {
  issuer: string;
  keys: readonly JWK[];
  artifacts: ArtifactStore;
  audit: Audit;
  /** Whether a grant still stands, with its account and its client. */
  grantStands: (grantId: string) => Promise<boolean>;
  /** Whether a client is there, and the one that it was. */
  clientStands: (clientId: string, instance: unknown) => Promise<boolean>;
  /** Seconds of leeway on times. */
  clockTolerance: number;
}

/** Claim that ties a token to its grant, so that ending the grant ends the token without a write for each token. */
export const GRANT_CLAIM = 'grant_id';

/** In tokens that clients have for themselves, the same for the client: what one had is not that of the next with its id. */
export const INSTANCE_CLAIM = 'client_instance';

const ENDPOINTS = new Set(['introspection', 'revocation']);

export function jwtAccessTokens(options: JwtAccessTokenOptions): Middleware {
  const keySet = createLocalJWKSet({ keys: [...options.keys] });
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
    ctx.remove('WWW-Authenticate');
    if (oidc.route === 'introspection') {
      ctx.status = 200;
      ctx.body = claims === undefined ? { active: false } : introspected(claims);
      return;
    }
    await revoke(ctx as unknown as KoaContextWithOIDC, clientId, claims, options);
  };
}

interface AccessTokenClaims {
  [claim: string]: unknown;
  jti: string;
  sub: string;
  exp: number;
  client_id: string;
}

function wasRefusedAsStructured(body: unknown): boolean {
  return (body as { error?: unknown } | undefined)?.error === 'unsupported_token_type';
}

async function verify(
  token: string,
  keySet: ReturnType<typeof createLocalJWKSet>,
  { issuer, artifacts, grantStands, clientStands, clockTolerance }: JwtAccessTokenOptions,
): Promise<AccessTokenClaims | undefined> {
  let claims: AccessTokenClaims;
  try {
    const verified = await jwtVerify<AccessTokenClaims>(token, keySet, {
      issuer,
      typ: 'at+jwt',
      algorithms: ['RS256'],
      requiredClaims: ['jti', 'sub', 'exp', 'client_id'],
      clockTolerance,
    });
    claims = verified.payload;
  } catch (error) {
    if (error instanceof joseErrors.JOSEError) return undefined;
    throw error;
  }
  const grantId = claims[GRANT_CLAIM];
  if ((await artifacts.find('RevokedAccessToken', claims.jti)) !== undefined) return undefined;
  const stands =
    typeof grantId === 'string'
      ? await grantStands(grantId)
      : await clientStands(claims.client_id, claims[INSTANCE_CLAIM]);
  if (!stands) return undefined;
  return claims;
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

async function revoke(
  ctx: KoaContextWithOIDC,
  clientId: string,
  claims: AccessTokenClaims | undefined,
  { artifacts, audit }: JwtAccessTokenOptions,
): Promise<void> {
  if (claims !== undefined && claims.client_id !== clientId) {
    const { statusCode, error, error_description } = new errors.InvalidRequest(
      'client is not authorized to revoke the presented token',
    );
    ctx.status = statusCode;
    ctx.body = { error, error_description };
    return;
  }
  if (claims !== undefined) {
    await artifacts.upsert('RevokedAccessToken', claims.jti, { payload: {}, expiresAt: claims.exp + 60 });
    const traceId = ctx.state.traceId as string;
    audit.record({ type: 'token.revoked', clientId, ip: ctx.ip, traceId, detail: { jti: claims.jti } });
  }
  ctx.status = 200;
  ctx.body = '';
}
