import { groupsIn } from '../clients/group-access.ts';
import type { Config } from '../config/config.ts';
import type { AccountRecord } from '../store/store.ts';

/**
 * How long a session of an account may last: as the configuration says of everybody, or less where it says so of a group of the account. A
 * session keeps the limits that it was written with; those of now are compared at every use, so that a shorter one ends it, too.
 */
export interface SessionLimits {
  /** Seconds without use. */
  readonly idle: number;
  /** Seconds from the sign-in on. */
  readonly maximum: number;
}

type Lifetimes = Pick<Config['lifetimes'], 'session' | 'sessionMaximum' | 'groups'>;

/** The shortest of each. */
export function sessionLimits(
  { session, sessionMaximum, groups }: Lifetimes,
  { claims }: Pick<AccountRecord, 'claims'>,
): SessionLimits {
  let [idle, maximum] = [session, sessionMaximum];
  for (const name of groupsIn(claims)) {
    const ofGroup = Object.hasOwn(groups, name) ? groups[name] : undefined;
    idle = Math.min(idle, ofGroup?.session ?? idle);
    maximum = Math.min(maximum, ofGroup?.sessionMaximum ?? maximum);
  }
  return { idle, maximum };
}

/** The limits as a session keeps them. @returns undefined for those of everybody */
export function shorterLimits(
  limits: SessionLimits,
  { session, sessionMaximum }: Lifetimes,
): SessionLimits | undefined {
  return limits.idle < session || limits.maximum < sessionMaximum ? limits : undefined;
}

/** A session as it was written last. Times are epoch seconds. */
export interface WrittenSession {
  loginTs?: number | undefined;
  exp?: number | undefined;
  limits?: SessionLimits | undefined;
}

/** Of a session that was over: it stays so, until its person signs in again. */
export const OVER: SessionLimits = { idle: 0, maximum: 0 };

/** Whether a session that has not expired is longer than the limits of now, or was so before. */
export function isSessionOver(
  { loginTs, exp, limits: written }: WrittenSession,
  limits: SessionLimits,
  lifetimes: Lifetimes,
  now: number,
): boolean {
  if (written?.idle === OVER.idle) return true;
  if (loginTs !== undefined && loginTs + limits.maximum <= now) return true;
  const idle = written?.idle ?? lifetimes.session;
  // Its expiry is the last use and the limit of then; it never says a later use than there was.
  return exp !== undefined && limits.idle < idle && exp - idle + limits.idle <= now;
}
