import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { isAccountClient } from '../../clients/account-client.ts';
import type { Config } from '../../config/config.ts';
import type { ArtifactStore } from '../../store/store.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { sessionLifetime } from '../engine/lifetimes.ts';
import { memoOf, type RequestMemo } from '../engine/request-memo.ts';
import { adoptSession, setSessionCookie } from '../engine/session.ts';
import type { UnitOutcome } from '../engine/unit-of-work.ts';
import { markBackChannel } from '../logout/session-end-jobs.ts';

/**
 * The end of an authorization request: its result and the session are written in one step, before the browser gets the response. A result
 * is a response (its code and tokens, a new or changed grant, the consumption of a pushed request), or an interaction.
 */
export type FinishRequest = (ctx: KoaContextWithOIDC, result: 'response' | 'interaction') => Promise<void>;

export function requestFinisher(artifacts: ArtifactStore, { issuer, lifetimes }: Config): FinishRequest {
  return async (ctx, result) => {
    const session = ctx.oidc.session as EngineSession | undefined;
    const memo = memoOf(ctx, artifacts);
    const isStored = session?.accountId !== undefined && !session.destroyed;
    if (isStored) {
      if (result !== 'interaction') markBackChannel(ctx, session);
      memo.session.isDeferred = true;
      await session
        .save(sessionLifetime(lifetimes, session))
        .finally(() => (memo.session.isDeferred = false));
    }
    // An interaction decides nothing: it is the question.
    const outcome = await memo.unit.commit(result === 'response' ? relianceOf(ctx, memo) : {});
    if (outcome.outcome !== 'committed') {
      // The engine writes the session with its error.
      if (isStored) session.touched = true;
      throw errorOf(outcome);
    }
    if (!isStored) return;
    adoptSession(session, memo, outcome);
    memo.session.isSaved = true;
    // For a session that it has changed, the engine sets the cookie itself.
    if (session.new === true) setSessionCookie(ctx, session.id, issuer);
  };
}

/** With members that the engine's types leave out. */
type EngineSession = NonNullable<KoaContextWithOIDC['oidc']['session']> & {
  id: string;
  new?: boolean;
  destroyed?: boolean;
  touched: boolean;
};

/** What a decision of the engine has relied on: compared again when it is written. */
export function relianceOf({ oidc: { client } }: KoaContextWithOIDC, memo: RequestMemo) {
  return {
    accounts: Array.from(memo.accounts, ({ id, generation }) => ({ id, generation })),
    clients: client === undefined || hasNoRecord(client) ? [] : [instanceOf(client)],
  };
}

/** The store has no record of such a client. */
function hasNoRecord(client: Client): boolean {
  return isAccountClient(client.clientId) || clientSettings(client).selfRegistered?.isDocument === true;
}

function instanceOf(client: Client): { id: string; instance: string } {
  return { id: client.clientId, instance: clientSettings(client).instance };
}

function errorOf({ outcome }: UnitOutcome): Error {
  switch (outcome) {
    case 'consumed':
    case 'absent':
      return new errors.InvalidRequestUri('request_uri already used');
    case 'revoked':
      return new errors.AccessDenied('grant was revoked by a concurrent request');
    case 'ended':
      return new errors.LoginRequired('session has ended');
    default:
      return new errors.LoginRequired('account or client has changed in the meantime');
  }
}
