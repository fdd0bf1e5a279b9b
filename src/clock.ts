/**
 * The time, as an argument. Every part that compares times takes a clock, so that a test can move it. The lowest layer:
 * imports nothing.
 */

/** Returns the current time in epoch milliseconds. */
export type Clock = () => number;

/** The clock of the operating system. Reads `Date` at each call: tests replace it. */
export const systemClock: Clock = () => Date.now();

/** Epoch seconds, 9999-12-31: the expiry of what does not expire. */
export const NEVER = 253_402_300_799;

/** The current time in whole epoch seconds, the unit of tokens and of the store. */
export function nowInSeconds(clock: Clock): number {
  return Math.floor(clock() / 1000);
}
