import { redirectUriWarnings } from './redirect-uris.ts';
import { responseTypeWarnings } from './response-types.ts';

/**
 * What an operator should know at every write of a client.
 * @param metadata valid, as declared or as stored
 * @returns sentences that begin with the member
 */
export function clientWarnings(metadata: Readonly<Record<string, unknown>>): string[] {
  return [...redirectUriWarnings(metadata), ...responseTypeWarnings(metadata)];
}
