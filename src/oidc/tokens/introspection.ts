import type { Context, Middleware } from 'koa';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { AccessTokenClaims } from '../../http/state.ts';
import { PATHS } from '../../http/paths.ts';
import type { Feature, RouteContext } from '../feature.ts';
import { GRANT_CLAIM, INSTANCE_CLAIM } from './access-token.ts';
import { isRejectedJwt } from './structured-token.ts';
import { isOwnToken } from './token-owner.ts';

/**
 * Introspection. The engine authenticates the client, answers for opaque tokens, and rejects JWTs; around it, this middleware answers for
 * JWTs in its place.
 *
 * A client can introspect its own tokens, and the clients in `introspectionClients` of an API can introspect tokens for that API (RFC 7662
 * §4). For any other client nothing is looked up beyond the token itself, so that neither the answer nor its time tells whether the token
 * is current.
 */
export const introspection: Feature = {
  spec: ['RFC 7662'],
  configure: () => ({
    features: { introspection: { enabled: true, allowedPolicy: isOwnToken } },
  }),
  routes: (context) => [
    {
      kind: 'form',
      path: PATHS.introspection,
      name: 'introspection',
      repeatable: ['resource'],
      steps: [introspectJwts(context)],
      answer: undefined,
    },
  ],
};

function introspectJwts({ accessTokens, config }: RouteContext): Middleware {
  const introspectors = new Map(
    config.apis.map(({ audience, introspectionClients }) => [audience, new Set(introspectionClients)]),
  );
  return async (ctx, next) => {
    await next();
    const { oidc } = ctx as unknown as KoaContextWithOIDC;
    if (oidc.client?.clientAuthMethod === 'none') {
      rejectPublicClient(ctx as unknown as KoaContextWithOIDC);
      return;
    }
    if (!isRejectedJwt(ctx.body)) return;
    const clientId = oidc.client?.clientId as string;
    const claims = await accessTokens.verify(String(oidc.params?.token));
    const isAllowed =
      claims?.client_id === clientId || introspectors.get(claims?.aud ?? '')?.has(clientId) === true;
    const current = claims !== undefined && isAllowed ? await accessTokens.current(claims) : undefined;
    ctx.remove('WWW-Authenticate');
    ctx.status = 200;
    ctx.body = current === undefined ? { active: false } : introspectionResponse(current);
  };
}

/** RFC 7662 §2.1: the caller must authenticate, and a public client has no credentials. */
function rejectPublicClient(ctx: Context & KoaContextWithOIDC): void {
  ctx.status = 401;
  ctx.body = { error: 'invalid_client', error_description: 'client authentication failed' };
  const detail = 'a public client has no credentials, and introspection is for clients that have';
  ctx.oidc.provider.emit('introspection.error', ctx, new errors.InvalidClientAuth(detail));
}

function introspectionResponse({
  [GRANT_CLAIM]: _grant,
  [INSTANCE_CLAIM]: _instance,
  ...claims
}: AccessTokenClaims): object {
  return { active: true, token_type: 'Bearer', ...claims };
}
