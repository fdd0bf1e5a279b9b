import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { ArtifactStore } from '../../store/store.ts';
import { relianceOf } from '../authorization/finish-request.ts';
import type { GrantHandler } from '../engine/intercepted-provider.ts';
import { memoOf } from '../engine/request-memo.ts';
import type { UnitOutcome } from '../engine/unit-of-work.ts';

/**
 * The end of a token request: the code or token that it redeems, its successor and the new tokens are written in one step, after the
 * response is built and before it is sent and recorded. When the request ends in an error, nothing is written.
 */

/** Wraps the handler of a grant whose code or token can be redeemed once, without a replay window. */
export function commitGrant(artifacts: ArtifactStore): (handler: GrantHandler) => GrantHandler {
  return (handler) => async (ctx) => {
    await buffered(ctx, artifacts, handler);
    const outcome = await commitTokens(ctx, artifacts);
    if (outcome.outcome === 'committed') return;
    if (outcome.outcome === 'consumed') await revokeReused(ctx);
    throw errorOf(outcome);
  };
}

/** Runs a handler whose writes are buffered; they are discarded when it throws. */
export async function buffered(
  ctx: KoaContextWithOIDC,
  artifacts: ArtifactStore,
  handler: GrantHandler,
): Promise<void> {
  const { unit } = memoOf(ctx, artifacts);
  unit.isOpen = true;
  try {
    await handler(ctx);
  } catch (error) {
    unit.close();
    throw error;
  }
}

/** @param answer see `UnitOfWork.commit` */
export async function commitTokens(
  ctx: KoaContextWithOIDC,
  artifacts: ArtifactStore,
  answer?: Parameters<ReturnType<typeof memoOf>['unit']['commit']>[1],
): Promise<UnitOutcome> {
  const memo = memoOf(ctx, artifacts);
  return await memo.unit.commit(relianceOf(ctx, memo), answer);
}

/** RFC 6749 §4.1.2, RFC 9700 §4.14.2: as the engine does for one that it finds used. */
export async function revokeReused(ctx: KoaContextWithOIDC): Promise<void> {
  const { entities, provider } = ctx.oidc;
  await entities.Grant?.destroy();
  provider.emit('grant.revoked', ctx, String(entities.Grant?.jti));
}

/** For a request that lost against a concurrent one. */
export function errorOf({ outcome }: UnitOutcome): Error {
  switch (outcome) {
    case 'consumed':
      return new errors.InvalidGrant('already redeemed by a concurrent request');
    case 'absent':
      return new errors.InvalidGrant('expired or revoked in the meantime');
    case 'revoked':
      return new errors.InvalidGrant('grant was revoked by a concurrent request');
    default:
      return new errors.InvalidGrant('account or client has changed in the meantime');
  }
}
