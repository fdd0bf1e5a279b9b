import { OutboundError } from '../outbound/errors.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { ClientRecord } from '../store/store.ts';
import { ClientError } from './errors.ts';
import type { ClientMetadata, MetadataContext } from './fields/shape.ts';
import { type Change, changedMetadata } from './metadata-change.ts';
import { allRedirectUris } from './sector.ts';

/**
 * The document at `sector_identifier_uri` names every redirect URI of the client (OpenID Connect Core §8.1): with it, the host agrees that the
 * client shares the subjects of its sector. It is fetched when a client is registered or changed by command, never at a request and never at
 * a start, which must not depend on hosts elsewhere. For a declared client the operator vouches, and `config check` looks.
 */

type CheckedMetadata = Pick<
  ClientMetadata,
  'sector_identifier_uri' | 'redirect_uris' | 'loopback_redirect_uris'
>;

/** @returns the problems, in a sentence each; none for a client without the member */
export async function sectorDocumentProblems(
  metadata: CheckedMetadata,
  outbound: Pick<Outbound, 'get'> | undefined,
): Promise<string[]> {
  const { sector_identifier_uri: uri } = metadata;
  if (uri === undefined) return [];
  if (outbound === undefined) return ['sector_identifier_uri: cannot be checked here'];
  const problem = await problemOf(uri, allRedirectUris(metadata), outbound);
  return problem === undefined ? [] : [`sector_identifier_uri: ${problem}`];
}

/**
 * Before a change is made.
 * @returns the metadata, if its sector is another one and was checked: a document is not fetched again, because its host may be down
 * @throws ClientError
 */
export async function checkChangedSector(
  current: (ClientRecord & { metadata: ClientMetadata }) | undefined,
  change: Change,
  context: MetadataContext,
  outbound: Pick<Outbound, 'get'> | undefined,
): Promise<ClientMetadata | undefined> {
  if (current === undefined || current.source === 'declared') return undefined;
  const changed = changedMetadata(current, change, context);
  if (isSameSector(current.metadata, changed)) return undefined;
  const problems = await sectorDocumentProblems(changed, outbound);
  if (problems.length > 0) throw new ClientError(problems);
  return changed;
}

/**
 * While a change is made, from what is stored then.
 * @throws ClientError when a concurrent change has led to metadata that was not checked
 */
export function requireCheckedSector(
  current: ClientMetadata,
  changed: ClientMetadata,
  checked: ClientMetadata | undefined,
): void {
  if (isSameSector(current, changed) || (checked !== undefined && isSameSector(checked, changed))) return;
  throw new ClientError(['the client was changed at the same time; try again']);
}

/** Whether a change needs no other check. */
export function isSameSector(before: CheckedMetadata, after: CheckedMetadata): boolean {
  return after.sector_identifier_uri === undefined || sectorText(before) === sectorText(after);
}

function sectorText(metadata: CheckedMetadata): string {
  return JSON.stringify([metadata.sector_identifier_uri, allRedirectUris(metadata).toSorted()]);
}

async function problemOf(
  uri: string,
  redirectUris: readonly string[],
  outbound: Pick<Outbound, 'get'>,
): Promise<string | undefined> {
  let listed: unknown;
  try {
    // Of a document that was corrected a moment ago, the cache has the former one.
    const { body } = await outbound.get(uri, { purpose: 'sector_identifier_uri', refetch: true });
    listed = JSON.parse(body.toString());
  } catch (error) {
    if (error instanceof OutboundError) return `cannot be fetched: ${error.message}`;
    if (error instanceof SyntaxError) return 'is not JSON';
    throw error;
  }
  if (!Array.isArray(listed) || !listed.every((each) => typeof each === 'string'))
    return 'is not a JSON list of URIs';
  const missing = redirectUris.find((each) => !listed.includes(each));
  return missing === undefined ? undefined : `does not list the redirect URI ${missing}`;
}
