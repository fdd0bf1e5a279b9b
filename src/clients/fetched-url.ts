import type { MetadataContext } from './fields/shape.ts';
import { OutboundError } from '../outbound/errors.ts';
import { parseTarget } from '../outbound/target.ts';

/**
 * The rule for metadata with a URL that the server requests: https, or http where the guarded fetch allows it, and no user name. Which
 * addresses are connected to is decided at each request (`outbound/addresses.ts`).
 * @returns sentences
 */
export function fetchedUrlProblems(
  name: string,
  url: string | undefined,
  { fetchesHttp = false }: Pick<MetadataContext, 'fetchesHttp'>,
): string[] {
  if (url === undefined) return [];
  try {
    parseTarget(url, { http: fetchesHttp });
    return [];
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    return [`${name}: must be an https URL without a user name, of 2048 characters at most`];
  }
}
