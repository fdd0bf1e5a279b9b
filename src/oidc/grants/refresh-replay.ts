import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Clock } from '../../clock.ts';
import type { ArtifactStore, Payload } from '../../store/store.ts';
import type { GrantHandler } from '../engine/intercepted-provider.ts';
import { memoOf } from '../engine/request-memo.ts';
import type { UnitOutcome } from '../engine/unit-of-work.ts';
import { override } from '../overrides.ts';
import { buffered, commitTokens, errorOf, revokeReused } from './commit.ts';
import { senderKey } from './sender-key.ts';

/**
 * The replay window of refresh tokens. A refresh token works once (RFC 9700 §4.14.2), but clients lose responses and send concurrent
 * refreshes. So for a few seconds the same request gets the same response, and never a second successor: the response is stored with the
 * mark of the first use, in one step with the successor, sealed under the token that was presented, until the window ends or the
 * successor is used. A later request revokes the grant.
 *
 * States of a refresh token: unused → used, with its response (the window) → used. A use in the last state is a replay.
 */
export interface RefreshReplayOptions {
  artifacts: ArtifactStore;
  /** Seconds; 0 turns the window off. */
  window: number;
  clock: Clock;
}

/** The response of the first use of a refresh token. 0.1 stores the first two members, and reads them. */
interface CachedTokenResponse {
  /** `requestOf` that use. */
  request: string;
  answer: { refresh_token: string };
  /** When the request of that use arrived, epoch milliseconds. */
  arrivedAt?: number;
  /** `senderOf` that use. */
  sender?: string;
}

type FindToken = (this: unknown, ...request: unknown[]) => Promise<Token | undefined>;
type ConsumeToken = (this: Token) => Promise<void>;
type Token = object & { consumed?: unknown };

/** What a request is compared by: `sender` and `request` with the first use, `arrivedAt` with the use of its successor. */
type Use = Required<Pick<CachedTokenResponse, 'request' | 'sender' | 'arrivedAt'>>;

/** The token was used within the window; everything else about the request is valid. */
class AlreadyUsedError extends Error {
  /** Epoch seconds. */
  readonly at: number;

  constructor(at: number) {
    super('refresh token already used');
    this.at = at;
  }
}

/** The refresh token grant with a replay window. */
export interface RefreshReplay {
  /** Wraps the engine's handler of the grant. */
  readonly wrapGrant: (handler: GrantHandler) => GrantHandler;
  /** Applies the overrides to the engine's model. */
  extend(provider: Provider): void;
}

export function createRefreshReplay(options: RefreshReplayOptions): RefreshReplay {
  const usedAt = new WeakMap<Token, number>();
  const requests = new ReplayableRefresh(options);
  return {
    wrapGrant: (handler) => (ctx) => requests.handle(ctx, handler),
    extend(provider) {
      // Whether a token was used is decided when it is consumed, after everything else about the request was checked.
      override<FindToken>(provider, 'RefreshToken.find', (find) => async (...request) => {
        const token = await find.call(provider.RefreshToken, ...request);
        const { consumed } = token ?? {};
        if (token === undefined || typeof consumed !== 'number' || Provider.ctx?.oidc.route !== 'token')
          return token;
        if (requests.isInWindow(consumed)) {
          delete token.consumed;
          usedAt.set(token, consumed);
        }
        return token;
      });
      override<ConsumeToken>(
        provider,
        'RefreshToken.prototype.consume',
        (consume) =>
          async function consumeOnce() {
            if (requests.isReissued(Provider.ctx)) return;
            const at = usedAt.get(this);
            if (at !== undefined) throw new AlreadyUsedError(at);
            await consume.call(this);
          },
      );
    },
  };
}

class ReplayableRefresh {
  readonly #artifacts: ArtifactStore;
  readonly #window: number;
  readonly #clock: Clock;
  readonly #reissued = new WeakSet<object>();

  constructor({ artifacts, window, clock }: RefreshReplayOptions) {
    this.#artifacts = artifacts;
    this.#window = window;
    this.#clock = clock;
  }

  /** @param consumed epoch seconds */
  isInWindow(consumed: number): boolean {
    return this.#clock() / 1000 < consumed + this.#window;
  }

  isReissued(ctx: object | undefined): boolean {
    return ctx !== undefined && this.#reissued.has(ctx);
  }

  async handle(ctx: KoaContextWithOIDC, handler: GrantHandler): Promise<void> {
    const use = { arrivedAt: this.#clock(), request: requestOf(ctx), sender: await senderOf(ctx) };
    const outcome = await this.#refresh(ctx, handler, use);
    if (outcome.outcome === 'committed') return;
    if (outcome.outcome !== 'consumed') throw errorOf(outcome);
    if (!this.isInWindow(outcome.at)) {
      await revokeReused(ctx);
      throw new errors.InvalidGrant('refresh token already used');
    }
    const first = (outcome.answer as CachedTokenResponse | undefined) ?? (await this.#find(presented(ctx)));
    if (first === undefined) await this.#reissue(ctx, handler, use);
    else await this.#repeat(ctx, first, use);
  }

  async #refresh(ctx: KoaContextWithOIDC, handler: GrantHandler, use: Use): Promise<UnitOutcome> {
    try {
      await buffered(ctx, this.#artifacts, handler);
    } catch (error) {
      if (error instanceof AlreadyUsedError) return { outcome: 'consumed', at: error.at };
      throw error;
    }
    return await commitTokens(ctx, this.#artifacts, this.#cached(ctx, use));
  }

  #cached(ctx: KoaContextWithOIDC, use: Use): { payload: Payload; expiresAt: number } {
    const expiresAt = Math.ceil(this.#clock() / 1000) + this.#window + 1;
    return { payload: { ...use, answer: ctx.body }, expiresAt };
  }

  async #find(token: string): Promise<CachedTokenResponse | undefined> {
    const payload =
      (await this.#artifacts.findAnswer('RefreshToken', token)) ??
      (await this.#artifacts.find('RefreshAnswer', token));
    return payload as CachedTokenResponse | undefined;
  }

  async #repeat(ctx: KoaContextWithOIDC, first: CachedTokenResponse, use: Use): Promise<void> {
    const { answer } = first;
    const successor = await this.#artifacts.find('RefreshToken', answer.refresh_token);
    if (successor === undefined)
      throw new errors.InvalidGrant('refresh token already used, and its grant was revoked');
    const { consumed } = successor;
    if (typeof consumed === 'number' && (await this.#isReplay(answer.refresh_token, consumed, use))) {
      await revokeReused(ctx);
      throw new errors.InvalidGrant('refresh token and its successor already used');
    }
    if (first.request !== use.request)
      throw new errors.InvalidGrant('refresh token already used with another scope or resource');
    if (first.sender !== undefined && first.sender !== use.sender)
      throw new errors.InvalidGrant('refresh token already used with another authentication or key');
    ctx.body = answer;
    ctx.state.repeated = true;
  }

  /**
   * A client that has used the successor has the response, so another party presents this token (RFC 9700 §4.14.2). But of concurrent
   * requests of one client, one can be waiting while the other's successor is used: such a request arrived before that use. Where a
   * process of version 0.1 used the successor, the second of that use is all that is known.
   * @param consumed when the successor was used, epoch seconds
   */
  async #isReplay(successor: string, consumed: number, { arrivedAt }: Use): Promise<boolean> {
    const used = await this.#find(successor);
    return used !== undefined && arrivedAt >= (used.arrivedAt ?? consumed * 1000);
  }

  /**
   * A mark without a response is from a process of version 0.1, which stores the response in a second step: it was killed between the two, or
   * has not taken the second one yet. The process that stores a response first wins there, too, and the other one takes its tokens back.
   */
  async #reissue(ctx: KoaContextWithOIDC, handler: GrantHandler, use: Use): Promise<void> {
    this.#reissued.add(ctx);
    memoOf(ctx, this.#artifacts).forget();
    await buffered(ctx, this.#artifacts, handler);
    const outcome = await commitTokens(ctx, this.#artifacts);
    if (outcome.outcome !== 'committed') throw errorOf(outcome);
    if (await this.#artifacts.create('RefreshAnswer', presented(ctx), this.#cached(ctx, use))) return;
    const { RefreshToken, AccessToken } = ctx.oidc.entities;
    await Promise.all([RefreshToken?.destroy(), AccessToken?.destroy()]);
    const first = await this.#find(presented(ctx));
    if (first === undefined)
      throw new errors.InvalidGrant('refresh token already used, and its response has expired');
    await this.#repeat(ctx, first, use);
  }
}

function presented(ctx: KoaContextWithOIDC): string {
  return String(ctx.oidc.params?.refresh_token);
}

/** The parameters that a repeated request must have in common with the first. */
function requestOf({ oidc: { params } }: KoaContextWithOIDC): string {
  return JSON.stringify([params?.scope, params?.resource]);
}

/** The client, how it has authenticated, and the key that it has proved. */
async function senderOf(ctx: KoaContextWithOIDC): Promise<string> {
  const { client } = ctx.oidc;
  return JSON.stringify([client?.clientId, client?.clientAuthMethod, await senderKey(ctx)]);
}
