import type { Context, Middleware } from 'koa';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { PATHS } from '../../http/paths.ts';
import { clientActor } from '../../audit/actors.ts';
import { auditContext } from '../../http/state.ts';
import type { Feature, RouteContext } from '../feature.ts';
import { isRejectedJwt } from './structured-token.ts';
import { isOwnToken } from './token-owner.ts';

/**
 * Revocation. The engine authenticates the client, revokes opaque tokens, and rejects JWTs; around it, this middleware revokes a JWT by
 * its `jti`. A token that is not valid any more is revoked already (RFC 7009 §2.2).
 */
export const revocation: Feature = {
  spec: ['RFC 7009'],
  configure: () => ({ features: { revocation: { enabled: true, allowedPolicy: isOwnToken } } }),
  auditEvents: ['token.revoked'],
  routes: (context) => [
    {
      kind: 'form',
      path: PATHS.revocation,
      name: 'revocation',
      credentials: true,
      repeatable: ['resource'],
      steps: [answerInJson, revokeJwts(context)],
      answer: undefined,
    },
  ],
};

/**
 * Some clients read the answer as JSON, and fail at the engine's empty text (oidc-client-ts) or at an answer without a type (simple-oauth2).
 * Others ignore it (RFC 7009 §2.2).
 */
const answerInJson: Middleware = async (ctx, next) => {
  await next();
  if (ctx.body === '') ctx.body = {};
};

function revokeJwts({ accessTokens, audit }: RouteContext): Middleware {
  return async (ctx, next) => {
    await next();
    if (!isRejectedJwt(ctx.body)) return;
    const { oidc } = ctx as unknown as KoaContextWithOIDC;
    const clientId = oidc.client?.clientId as string;
    const claims = await accessTokens.verify(String(oidc.params?.token));
    ctx.remove('WWW-Authenticate');
    if (claims !== undefined && claims.client_id !== clientId) {
      rejectForeignToken(ctx);
      return;
    }
    if (claims !== undefined && !(await accessTokens.isRevoked(claims))) {
      await accessTokens.revoke(claims);
      const actor = clientActor(clientId);
      audit.record({
        type: 'token.revoked',
        actor,
        clientId,
        ...auditContext(ctx),
        detail: { jti: claims.jti },
      });
    }
    ctx.status = 200;
    ctx.body = '';
  };
}

/** RFC 7009 §2.1. The token names its client in its claims; the response tells nothing else about it. */
function rejectForeignToken(ctx: Context): void {
  const { statusCode, error, error_description } = new errors.InvalidRequest(
    'client is not authorized to revoke the presented token',
  );
  ctx.status = statusCode;
  ctx.body = { error, error_description };
}
