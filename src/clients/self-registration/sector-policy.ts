import type { ClientMetadata } from '../fields/shape.ts';
import { allRedirectUris, sectorOf } from '../sector.ts';

/**
 * The sector of a client that registers itself. It names the hosts of its redirect URIs, which the server does not know
 * to be its own: the subjects of another application are safe because that host gets all responses. So logout tokens are sent to that host,
 * too, and a client with tokens of one sector cannot move to another one (OpenID Connect Core §8.1).
 */

type SectorMetadata = Pick<
  ClientMetadata,
  'subject_type' | 'sector_identifier_uri' | 'redirect_uris' | 'loopback_redirect_uris'
>;

/** Logout tokens name the person. @returns one sentence per problem */
export function sectorPolicyProblems(
  metadata: SectorMetadata & Pick<ClientMetadata, 'backchannel_logout_uri'>,
): string[] {
  const { subject_type: type, backchannel_logout_uri: uri, sector_identifier_uri: sector } = metadata;
  if (type !== 'pairwise' || uri === undefined) return [];
  const hosts = [sector, ...allRedirectUris(metadata)].map(hostOf);
  return hosts.includes(hostOf(uri))
    ? []
    : ['backchannel_logout_uri: with subject_type pairwise, its host must be that of a redirect URI'];
}

/** A change of the registration by the client. @returns one sentence per problem */
export function subjectChangeProblems(before: SectorMetadata, after: SectorMetadata): string[] {
  return pairwiseSector(before) === pairwiseSector(after)
    ? []
    : ['subject_type: the change would give the client other subjects; register another client'];
}

/** A document may change whenever its host wants, so its sector is that host. @returns one sentence per problem */
export function documentSectorProblems(id: string, metadata: SectorMetadata): string[] {
  const sector = pairwiseSector(metadata);
  return sector === undefined || sector === URL.parse(id)?.hostname
    ? []
    : ['subject_type: pairwise needs redirect URIs at the host of the document'];
}

/** @returns undefined for public subjects */
function pairwiseSector(metadata: SectorMetadata): string | undefined {
  return metadata.subject_type === 'pairwise' ? sectorOf(metadata) : undefined;
}

function hostOf(uri: string | undefined): string | undefined {
  return uri === undefined ? undefined : URL.parse(uri)?.host;
}
