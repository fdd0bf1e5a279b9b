/**
 * How long Redis keeps what has an `expiresAt`, in milliseconds from now.
 *
 * The clock of this process decides what is expired; the TTL only clears away. So it is counted from that clock, not set to a time of
 * Redis's own, and is a minute longer, for nodes whose clocks differ.
 * @param expiresAt epoch seconds
 * @param now epoch seconds
 */
export function lifetime(expiresAt: number, now: number): number {
  return Math.ceil(Math.max(expiresAt - now, 0) * 1000) + MARGIN;
}

const MARGIN = 60_000;

/** As `lifetime`, for what must be there as long as anything that refers to it. */
export function longerLifetime(expiresAt: number, now: number): number {
  return lifetime(expiresAt, now) + MARGIN;
}
