import type { Count } from '../store/store.ts';

/** Seconds that consecutive failures are counted; only a success resets them (NIST SP 800-63B-4 §3.2.2). */
export const CONSECUTIVE_LIFETIME = 365 * 86_400;

/** The number of unlocks is part of every counter key of an account: unlocking resets all of them without listing them. */
export const unlocksKey = (name: string): string => `unlocks of ${name}`;

/** A new generation resets the counters, too. */
export const subjectName = (name: string, generation: number, unlocks: Count | undefined): string =>
  `${name} ${generation} ${unlocks?.count ?? 0}`;
