import { matchesHost } from '../../config/host-pattern.ts';
import type { DocumentHosts } from '../../config/schema-registration.ts';
import { JsonTextError, parseJsonObject } from '../../config/unambiguous-json.ts';
import type { OutboundDocument } from '../../outbound/outbound.ts';
import type { MetadataContext } from '../fields/shape.ts';
import type { DocumentClient } from '../known-client.ts';
import { documentInstance } from './document-id.ts';
import type { RegistrationPolicy } from './policy.ts';
import { requestedMetadata } from './requested-metadata.ts';
import { documentSectorProblems } from './sector-policy.ts';

/**
 * Clients whose id is the address of a document with their metadata (draft-ietf-oauth-client-id-metadata-document). The document takes the
 * place of a registration: it is read when the client is used, and never stored.
 */

/** A secret would be public; and a sector is shared with others by their consent, which a request for a document does not look for. */
const NOT_IN_DOCUMENTS = ['client_secret', 'client_secret_expires_at', 'sector_identifier_uri'];

/** Objects and lists in each other, as in a registration. */
const MAX_DEPTH = 10;

/** A document is no client. The message is for the log. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
}

/** Whether documents of this host may be clients. */
export function isAllowedHost(id: string, hosts: DocumentHosts): boolean {
  if (hosts === 'off') return false;
  if (hosts === 'open') return true;
  const { hostname } = new URL(id);
  return hosts.some((pattern) => matchesHost(hostname, pattern));
}

/**
 * The client of a document (§4.1).
 * @throws DocumentError
 */
export function clientOfDocument(
  id: string,
  { body, fetchedAt }: Pick<OutboundDocument, 'body' | 'fetchedAt'>,
  policy: RegistrationPolicy,
  context: MetadataContext,
): DocumentClient {
  const input = parseObject(body);
  if (input.client_id !== id) throw new DocumentError('client_id: is not the address of the document');
  const { token_endpoint_auth_method: method = 'none' } = input;
  if (method !== 'none' && method !== 'private_key_jwt') {
    throw new DocumentError('token_endpoint_auth_method: must be none or private_key_jwt');
  }
  for (const name of NOT_IN_DOCUMENTS) {
    if (Object.hasOwn(input, name)) throw new DocumentError(`${name}: must not be in a document`);
  }
  const { metadata, problems } = requestedMetadata(
    id,
    { ...input, token_endpoint_auth_method: method },
    policy,
    context,
  );
  problems.push(...documentSectorProblems(id, metadata));
  if (problems.length > 0) throw new DocumentError(problems.join('; '));
  const readAt = Math.floor(fetchedAt / 1000);
  return {
    id,
    instance: documentInstance(id),
    metadata,
    secrets: [],
    source: 'document',
    createdAt: readAt,
    updatedAt: readAt,
  };
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    return parseJsonObject(body, MAX_DEPTH);
  } catch (error) {
    throw error instanceof JsonTextError ? new DocumentError(error.message) : error;
  }
}
