/**
 * The time to live (TTL) of a key whose content has an `expiresAt`, in milliseconds.
 *
 * The clock of this process decides what has expired; the TTL only frees memory. It is therefore relative to that clock, not an
 * absolute time of Redis's own clock, and a minute longer, for nodes whose clocks differ.
 * @param expiresAt epoch seconds
 * @param now epoch seconds
 */
export function lifetime(expiresAt: number, now: number): number {
  return Math.ceil(Math.max(expiresAt - now, 0) * 1000) + MARGIN_MS;
}

const MARGIN_MS = 60_000;

/** As `lifetime`, for a key that must outlive every key that refers to it. */
export function longerLifetime(expiresAt: number, now: number): number {
  return lifetime(expiresAt, now) + MARGIN_MS;
}
