import type { Context } from 'koa';
import type { Provider } from 'oidc-provider';
import type { Account } from '../../accounts/accounts.ts';
import { sessionLimits, shorterLimits } from '../../accounts/session-limits.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { ArtifactStore } from '../../store/store.ts';
import type { SessionEndJobs } from '../logout/session-end-jobs.ts';
import { engineCookies } from './cookies.ts';
import { sessionLifetime } from './lifetimes.ts';
import { writeInterval } from './session.ts';
import { sessionListing } from './session-listing.ts';

/** A session that the engine has read, and that is good for its account. */
export interface UsedSession {
  jti: string;
  accountId?: string | undefined;
  loginTs?: number | undefined;
  exp?: number | undefined;
}

/** @param session of the request, which is used at a page at which the engine writes no session */
export type UseSession = (ctx: Context, session: UsedSession, account: Account) => Promise<void>;

/**
 * A session that is used at the pages of the account alone does not end as idle there, and is listed with its last use. It is written as rarely
 * as by authorization requests; a change by a concurrent request stays.
 */
export function createSessionUse(
  provider: Provider,
  options: {
    artifacts: Pick<ArtifactStore, 'read' | 'commit'>;
    clock: Clock;
    issuer: string;
    lifetimes: Config['lifetimes'];
    endJobs: SessionEndJobs;
  },
): UseSession {
  const { artifacts, clock, issuer, lifetimes, endJobs } = options;
  const cookie = provider.cookieName('session');
  return async (ctx, { jti, accountId, loginTs, exp = 0 }, account) => {
    const limits = shorterLimits(sessionLimits(lifetimes, account), lifetimes);
    const left = sessionLifetime(lifetimes, { accountId, loginTs, ...(limits && { limits }) });
    const now = nowInSeconds(clock);
    const expiresAt = now + left;
    if (expiresAt - exp < writeInterval(left)) return;
    // A browser that has the former id of a session does not get the new one (`session-moves.ts`).
    if (ctx.cookies.get(cookie, { signed: false }) !== jti) return;
    const { payload: stored, version } = await artifacts.read('Session', jti);
    if (stored?.accountId !== account.id) return;
    const payload = { ...stored, exp: expiresAt, limits };
    const listed = sessionListing(payload, now, endJobs, ctx);
    const write = { payload, expiresAt, accountId: account.id, uid: String(stored.uid), listed };
    const { outcome } = await artifacts.commit({ writes: [{ kind: 'Session', id: jti, version, write }] });
    if (outcome !== 'committed') return;
    const expires = new Date(expiresAt * 1000);
    ctx.cookies.set(cookie, jti, { ...engineCookies(issuer).long, expires, overwrite: true });
  };
}
