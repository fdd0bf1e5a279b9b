/** Seconds that a document is used, whatever its server says: the least, the most, and without a word of it. */
const MIN_SECONDS = 60;
const MAX_SECONDS = 3_600;
const DEFAULT_SECONDS = 300;

/**
 * How long a document may be used (RFC 9111 §5.2.2): its `max-age` within bounds. An unknown key leads to a request before that.
 * @returns milliseconds
 */
export function freshnessLifetime(cacheControl: string): number {
  const directives = cacheControl.toLowerCase();
  const maxAge = /(?:^|[\s,])max-age="?(\d{1,10})"?/.exec(directives)?.[1];
  const isUncacheable = /(?:^|[\s,])no-(?:store|cache)\b/.test(directives);
  const seconds = isUncacheable ? MIN_SECONDS : maxAge === undefined ? DEFAULT_SECONDS : Number(maxAge);
  return Math.min(Math.max(seconds, MIN_SECONDS), MAX_SECONDS) * 1000;
}

/**
 * @param value of `Retry-After` (RFC 9110 §10.2.3): seconds or a date
 * @param now milliseconds
 * @returns seconds; undefined for anything else
 */
export function retryAfter(value: string, now: number): number | undefined {
  if (/^\d{1,10}$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
