import { type Clock, nowInSeconds } from '../clock.ts';
import type { AccountDetails } from '../store/store.ts';

/**
 * Where a second factor is required, a password alone enrols the first one only for a time after the account was made by its person, or an
 * operator has allowed it: who has stolen the password of an account without a factor must not add one.
 */

/** The page of the link of an administrator, which allows it. */
export const ENROLMENT_PATH = '/enrolment';

/** Seconds after a sign-up or an invitation. */
export const ENROLMENT_TIME = 3600;

/** Whether a password alone may enrol a first factor now. */
export function mayEnrolByPassword(
  { details }: { readonly details?: AccountDetails | undefined },
  clock: Clock,
): boolean {
  return (details?.enrolUntil ?? 0) > nowInSeconds(clock);
}
