import type { Account } from '../../accounts/accounts.ts';
import { isSessionOver, sessionLimits } from '../../accounts/session-limits.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Payload } from '../../store/store.ts';

/**
 * Whether a stored session lasts longer than it may now: for tokens that end with their session, which no browser presents.
 * `generation.ts` and `signed-in.ts` compare the session of a browser.
 */
export type SessionPolicy = (session: Payload) => Promise<boolean>;

/** Reads the account only where groups have limits of their own. */
export function sessionPolicy({
  config: { lifetimes },
  findAccount,
  clock,
}: {
  config: Pick<Config, 'lifetimes'>;
  findAccount: (id: string) => Promise<Account | undefined>;
  clock: Clock;
}): SessionPolicy {
  const hasGroups = Object.keys(lifetimes.groups).length > 0;
  return async (session) => {
    const { accountId } = session;
    const account = hasGroups && typeof accountId === 'string' ? await findAccount(accountId) : undefined;
    const limits = sessionLimits(lifetimes, account ?? { claims: {} });
    return isSessionOver(session, limits, lifetimes, nowInSeconds(clock));
  };
}
