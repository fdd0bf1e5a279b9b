import { setTimeout as sleep } from 'node:timers/promises';
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { ArtifactStore } from '../../store/store.ts';
import type { GrantHandler } from '../engine/intercepted-provider.ts';
import { override } from '../overrides.ts';

/**
 * Refresh tokens are good for one use (RFC 9700 §4.14.2), and applications lose answers, or ask twice at once. So for a few seconds the
 * same request gets the same answer again, and never another one: what the first use gave is kept, sealed under the token that was
 * presented, until the window is over, or the successor is used. A request that arrives after that ends the family.
 */
export interface RefreshReplayOptions {
  artifacts: ArtifactStore;
  /** Seconds; 0 for no such window. */
  window: number;
  /** Epoch milliseconds. */
  clock: () => number;
}

/** Milliseconds between looks for the answer of the first request: a second in all, after which that request is taken for lost. */
const BACKOFF_MS = [2, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** What the first use of a refresh token gave. */
interface CachedTokenResponse {
  /** `requestOf` that use. */
  request: string;
  answer: { refresh_token: string };
  /** When that use arrived, epoch milliseconds. */
  arrivedAt: number;
}

type FindToken = (this: unknown, ...request: unknown[]) => Promise<{ consumed?: unknown } | undefined>;
type ConsumeToken = (this: { jti: string }) => Promise<void>;

/** The token was used within the window; all else about the request is right. */
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
  /** @returns whether this is the answer that counts */
  const keep = (ctx: KoaContextWithOIDC, arrivedAt: number): Promise<boolean> =>
    artifacts.create('RefreshAnswer', presented(ctx), {
      payload: { request: requestOf(ctx), answer: ctx.body, arrivedAt },
      expiresAt: Math.ceil(clock() / 1000) + window + 1,
    });

  const find = async (token: string): Promise<CachedTokenResponse | undefined> =>
    (await artifacts.find('RefreshAnswer', token)) as CachedTokenResponse | undefined;

  /**
   * A client that used the successor has the answer, so another one presents this token (RFC 9700 §4.14.2). But of tabs that refresh at
   * once, one may use what it got while the request of another one waits: that one arrived before the successor was used.
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
      // Somebody took this request for lost, and was faster.
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
        // Whoever used the token ended before there was an answer.
        recovered.add(ctx);
        await answer(ctx, arrivedAt);
      }
    };
  };
}

/** As the engine does with a token that is used again. */
async function endFamily(ctx: KoaContextWithOIDC): Promise<void> {
  const { entities, provider } = ctx.oidc;
  await entities.Grant?.destroy();
  provider.emit('grant.revoked', ctx, String(entities.Grant?.jti));
}

function presented(ctx: KoaContextWithOIDC): string {
  return String(ctx.oidc.params?.refresh_token);
}

/** What a repetition must have in common with the first request; the client is checked with the token. */
function requestOf({ oidc: { params } }: KoaContextWithOIDC): string {
  return JSON.stringify([params?.scope, params?.resource]);
}
