import type { Context, Middleware } from 'koa';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { PATHS } from '../../http/paths.ts';
import { accountOfGrant } from '../engine/generation.ts';
import type { Feature } from '../feature.ts';
import { completeSignedResponses, JWT, sendIntrospection } from './introspection-response.ts';
import { isUsernameAllowed } from './introspection-members.ts';
import { introspectionShortPath } from './introspection-short-path.ts';
import { type IntrospectJwt, jwtIntrospection } from './jwt-introspection.ts';
import { isRejectedJwt } from './structured-token.ts';
import { isOwnToken } from './token-owner.ts';
import { userinfoEndpoint } from './userinfo-audience.ts';

/**
 * Introspection. Plain requests are answered in front of the engine (`introspection-short-path.ts`). For all others the engine
 * authenticates the client, answers for opaque tokens, and rejects JWTs; around it, this middleware completes the answers for opaque tokens and
 * answers for JWTs in its place. Responses are JSON or JWTs (`introspection-response.ts`).
 */
export const introspection: Feature = {
  spec: ['RFC 7662', 'RFC 9701'],
  clientMetadata: [
    'introspection_signed_response_alg',
    'introspection_encrypted_response_alg',
    'introspection_encrypted_response_enc',
  ],
  configure: () => ({
    features: {
      introspection: { enabled: true, allowedPolicy: isOwnToken },
      jwtIntrospection: { enabled: true },
    },
  }),
  extend(provider, { config }) {
    const userinfo = userinfoEndpoint(config);
    completeSignedResponses(provider, (ctx, response) => addMembers(ctx, response, userinfo));
  },
  routes: (context) => {
    const introspectJwt = jwtIntrospection(context);
    const userinfo = userinfoEndpoint(context.config);
    return [
      {
        kind: 'form',
        path: PATHS.introspection,
        name: 'introspection',
        repeatable: ['resource'],
        mediaType: JWT,
        steps: [introspectionShortPath(context, introspectJwt), introspectByEngine(introspectJwt, userinfo)],
        answer: undefined,
      },
    ];
  },
};

/** @param userinfo the endpoint */
function introspectByEngine(introspectJwt: IntrospectJwt, userinfo: string): Middleware {
  return async (ctx, next) => {
    await next();
    const isJwt = isRejectedJwt(ctx.body);
    // Any other failure is the engine's, and is reported already.
    if (!isJwt && ctx.status !== 200) return;
    const { oidc } = ctx as unknown as KoaContextWithOIDC;
    if (oidc.client?.clientAuthMethod === 'none') {
      rejectPublicClient(ctx as unknown as KoaContextWithOIDC);
      return;
    }
    if (!isJwt) {
      // A signed one is complete.
      if (typeof ctx.body === 'object')
        addMembers(ctx as unknown as KoaContextWithOIDC, ctx.body as object, userinfo);
      return;
    }
    const response = await introspectJwt(String(oidc.params?.token), oidc.client?.clientId as string);
    ctx.remove('WWW-Authenticate');
    await sendIntrospection(ctx as unknown as Context & KoaContextWithOIDC, response);
  };
}

/** Completes the response for an active opaque token (`introspection-members.ts`). That for a JWT is complete. */
function addMembers({ oidc }: KoaContextWithOIDC, body: object, userinfo: string): void {
  const { client } = oidc;
  const { Grant, AccessToken, RefreshToken } = oidc.entities;
  const response = body as { active: boolean; aud?: string; username?: string | undefined };
  const token = AccessToken ?? RefreshToken;
  if (!response.active || token === undefined) return;
  if (AccessToken !== undefined) response.aud ??= userinfo;
  const account = Grant && accountOfGrant(Grant);
  response.username = client && isUsernameAllowed(token.scope, client) ? account?.username : undefined;
}

/** RFC 7662 §2.1: the caller must authenticate, and a public client has no credentials. */
function rejectPublicClient(ctx: Context & KoaContextWithOIDC): void {
  ctx.status = 401;
  ctx.type = 'json';
  ctx.body = { error: 'invalid_client', error_description: 'client authentication failed' };
  const detail = 'a public client has no credentials, and introspection is for clients that have';
  ctx.oidc.provider.emit('introspection.error', ctx, new errors.InvalidClientAuth(detail));
}
