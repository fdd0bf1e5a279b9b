import { setTimeout as sleep } from 'node:timers/promises';
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Clock } from '../../clock.ts';
import type { ArtifactStore } from '../../store/store.ts';
import type { GrantHandler } from '../engine/intercepted-provider.ts';
import { override } from '../overrides.ts';

/**
 * The replay window of refresh tokens. A refresh token works once (RFC 9700 §4.14.2), but clients lose responses and send concurrent
 * refreshes. So for a few seconds the same request gets the same response, and never a second successor: the response of the first use is
 * stored, sealed under the token that was presented, until the window ends or the successor is used. A later request revokes the grant.
 *
 * States of a refresh token: unused → used, response stored (the window) → used. A use in the last state is a replay.
 */
export interface RefreshReplayOptions {
  artifacts: ArtifactStore;
  /** Seconds; 0 turns the window off. */
  window: number;
  clock: Clock;
}

/** Milliseconds between look-ups of the first response: a second in all. After that, the first request counts as failed. */
const BACKOFF_MS = [2, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** The response of the first use of a refresh token. */
interface CachedTokenResponse {
  /** `requestOf` that use. */
  request: string;
  answer: { refresh_token: string };
  /** When the request of that use arrived, epoch milliseconds. */
  arrivedAt: number;
}

type FindToken = (this: unknown, ...request: unknown[]) => Promise<{ consumed?: unknown } | undefined>;
type ConsumeToken = (this: { jti: string }) => Promise<void>;

/** The token was used within the window; everything else about the request is valid. */
class AlreadyUsedError extends Error {}

/** The refresh token grant with a replay window. */
export interface RefreshReplay {
  /** Wraps the engine's handler of the grant. */
  readonly wrapGrant: (handler: GrantHandler) => GrantHandler;
  /** Applies the overrides to the engine's model. */
  extend(provider: Provider): void;
}

export function createRefreshReplay(options: RefreshReplayOptions): RefreshReplay {
  const { artifacts, window, clock } = options;
  const inWindow = (consumed: unknown) => typeof consumed === 'number' && clock() / 1000 < consumed + window;
  const recovered = new WeakSet<object>();
  return {
    wrapGrant: repeatableRefresh(options, recovered),
    extend(provider) {
      // Whether a token was used is decided when it is consumed, after everything else about the request was checked.
      override<FindToken>(provider, 'RefreshToken.find', (find) => async (...request) => {
        const token = await find.call(provider.RefreshToken, ...request);
        if (token !== undefined && inWindow(token.consumed) && Provider.ctx?.oidc.route === 'token') {
          delete token.consumed;
        }
        return token;
      });
      override<ConsumeToken>(
        provider,
        'RefreshToken.prototype.consume',
        (consume) =>
          async function consumeOnce() {
            if (recovered.has(Provider.ctx ?? {})) return;
            if (await artifacts.consume('RefreshToken', this.jti)) return;
            if (inWindow((await artifacts.find('RefreshToken', this.jti))?.consumed)) {
              throw new AlreadyUsedError();
            }
            await consume.call(this);
          },
      );
    },
  };
}

function repeatableRefresh(
  { artifacts, window, clock }: RefreshReplayOptions,
  recovered: WeakSet<object>,
): (handler: GrantHandler) => GrantHandler {
  /** @returns whether this request was the first to store its response */
  const keep = (ctx: KoaContextWithOIDC, arrivedAt: number): Promise<boolean> =>
    artifacts.create('RefreshAnswer', presented(ctx), {
      payload: { request: requestOf(ctx), answer: ctx.body, arrivedAt },
      expiresAt: Math.ceil(clock() / 1000) + window + 1,
    });

  const find = async (token: string): Promise<CachedTokenResponse | undefined> =>
    (await artifacts.find('RefreshAnswer', token)) as CachedTokenResponse | undefined;

  /**
   * A client that has used the successor has the response, so another party presents this token (RFC 9700 §4.14.2). But of concurrent
   * requests of one client, one can be waiting while the other's successor is used: such a request arrived before that use.
   */
  const isReplay = async (successor: string, arrivedAt: number): Promise<boolean> => {
    const used = await find(successor);
    return used !== undefined && arrivedAt >= used.arrivedAt;
  };

  const repeat = async (ctx: KoaContextWithOIDC, arrivedAt: number): Promise<boolean> => {
    for (const pause of [...BACKOFF_MS, 0]) {
      const first = await find(presented(ctx));
      if (first !== undefined) {
        const { request, answer } = first;
        const successor = await artifacts.find('RefreshToken', answer.refresh_token);
        if (successor === undefined)
          throw new errors.InvalidGrant('refresh token already used, and its grant was revoked');
        if (successor.consumed !== undefined && (await isReplay(answer.refresh_token, arrivedAt))) {
          await endFamily(ctx);
          throw new errors.InvalidGrant('refresh token and its successor already used');
        }
        if (request !== requestOf(ctx))
          throw new errors.InvalidGrant('refresh token already used with another scope or resource');
        ctx.body = answer;
        ctx.state.repeated = true;
        return true;
      }
      await sleep(pause);
    }
    return false;
  };

  return (handler) => {
    const answer = async (ctx: KoaContextWithOIDC, arrivedAt: number): Promise<void> => {
      await handler(ctx);
      if (await keep(ctx, arrivedAt)) return;
      // A concurrent request took this one for failed, and was first.
      const { RefreshToken, AccessToken } = ctx.oidc.entities;
      await Promise.all([RefreshToken?.destroy(), AccessToken?.destroy()]);
      if (!(await repeat(ctx, arrivedAt)))
        throw new errors.InvalidGrant('refresh token already used, and its response has expired');
    };
    return async (ctx) => {
      const arrivedAt = clock();
      try {
        await answer(ctx, arrivedAt);
      } catch (error) {
        if (!(error instanceof AlreadyUsedError)) throw error;
        if (await repeat(ctx, arrivedAt)) return;
        // The first request failed before it stored a response.
        recovered.add(ctx);
        await answer(ctx, arrivedAt);
      }
    };
  };
}

/** As the engine does for a replayed token. */
async function endFamily(ctx: KoaContextWithOIDC): Promise<void> {
  const { entities, provider } = ctx.oidc;
  await entities.Grant?.destroy();
  provider.emit('grant.revoked', ctx, String(entities.Grant?.jti));
}

function presented(ctx: KoaContextWithOIDC): string {
  return String(ctx.oidc.params?.refresh_token);
}

/** The parameters that a repeated request must have in common with the first. The client is checked with the token. */
function requestOf({ oidc: { params } }: KoaContextWithOIDC): string {
  return JSON.stringify([params?.scope, params?.resource]);
}
