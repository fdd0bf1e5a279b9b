import type { Config } from '../config/config.ts';
import { isWeb } from '../config/url.ts';
import { isLoopback } from './redirect-uri.ts';

/**
 * The sector of a client with pairwise subjects: clients of one sector know an account by one `sub` (OpenID Connect Core §8.1). It is the host
 * of `sector_identifier_uri`, or else the one host of all redirect URIs.
 */

export const SUBJECT_TYPES = ['public', 'pairwise'] as const;

interface SectorMetadata {
  readonly redirect_uris: readonly string[];
  readonly loopback_redirect_uris?: readonly string[] | undefined;
  readonly subject_type?: (typeof SUBJECT_TYPES)[number] | undefined;
  readonly sector_identifier_uri?: string | undefined;
}

/** @returns undefined where the redirect URIs have no host, or more than one */
export function sectorOf(metadata: SectorMetadata): string | undefined {
  const { sector_identifier_uri: uri } = metadata;
  if (uri !== undefined) return URL.parse(uri)?.hostname;
  // An app chooses the text after its scheme, and gets the response with any text: that is no host.
  const urls = allRedirectUris(metadata).map((each) => URL.parse(each));
  if (!urls.every((url) => url !== null && isWeb(url))) return undefined;
  // The engine compares hosts with their ports.
  return new Set(urls.map((url) => url?.host)).size === 1 ? urls[0]?.hostname : undefined;
}

/** Also those of a command-line tool that shares the client. */
export function allRedirectUris({
  redirect_uris: uris,
  loopback_redirect_uris: loopback = [],
}: SectorMetadata): string[] {
  return [...uris, ...loopback];
}

export function sectorProblems(metadata: SectorMetadata, mode: Config['mode']): string[] {
  const { subject_type: type, sector_identifier_uri: uri } = metadata;
  if (uri !== undefined) return [sectorUriProblem(uri) ?? []].flat();
  if (type !== 'pairwise') return [];
  const urls = allRedirectUris(metadata).map((each) => URL.parse(each));
  if (urls.length === 0)
    return ['subject_type: pairwise needs a redirect URI: no person signs in at this client'];
  if (sectorOf(metadata) === undefined) {
    return [
      'sector_identifier_uri: needed with subject_type pairwise when the redirect URIs have several hosts or none; it is an https URL of a JSON list of all redirect URIs',
    ];
  }
  // Every program on a device has the host localhost: its clients would share their subjects.
  if (mode === 'production' && urls.some((url) => url !== null && isLoopback(url))) {
    return [
      'sector_identifier_uri: needed with subject_type pairwise when a redirect URI is on a loopback address',
    ];
  }
  return [];
}

function sectorUriProblem(uri: string): string | undefined {
  const { username, password, hash } = new URL(uri);
  return username !== '' || password !== '' || hash !== ''
    ? 'sector_identifier_uri: must not contain credentials or a fragment'
    : undefined;
}
