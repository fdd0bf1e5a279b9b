/** An http(s) URL without path and query. */
const WITHOUT_PATH = /^https?:\/\/[^/?#\\]+\/?$/i;

/**
 * The other spelling of a resource indicator whose path is empty: with or without the slash (RFC 3986 §6.2.3). Many libraries send
 * `new URL(resource).href`, which adds it.
 * @returns undefined for a URL with a path or query, which has one spelling
 */
export function otherSpelling(resource: string): string | undefined {
  if (!WITHOUT_PATH.test(resource)) return undefined;
  return resource.endsWith('/') ? resource.slice(0, -1) : `${resource}/`;
}

/** Scheme and host in lower case, which are the same in each case (RFC 3986 §6.2.2.1). */
export function lowerCaseHost(resource: string): string {
  return resource.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#\\]*/i, (start) => start.toLowerCase());
}
