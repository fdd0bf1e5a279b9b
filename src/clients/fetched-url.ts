import type { Config } from '../config/config.ts';
import { OutboundError } from '../outbound/errors.ts';
import { parseTarget } from '../outbound/target.ts';
import { isLoopback } from './redirect-uri.ts';

/**
 * The rule for metadata with a URL that the server requests: https, in development also http on this machine, and no user name. Which addresses are
 * connected to is decided at each request (`outbound/addresses.ts`).
 * @returns sentences
 */
export function fetchedUrlProblems(name: string, url: string | undefined, mode: Config['mode']): string[] {
  if (url === undefined) return [];
  try {
    const host = URL.parse(url);
    parseTarget(url, { http: mode === 'development' && host !== null && isLoopback(host) });
    return [];
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return [`${name}: must be an https URL without a user name, of 2048 characters at most`];
  }
}
