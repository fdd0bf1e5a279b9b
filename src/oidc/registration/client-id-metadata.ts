import type { Feature } from '../feature.ts';

/**
 * Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document). What a document may contain is decided in
 * `clients/self-registration/`; the engine finds its client like any other.
 */
export const clientIdMetadata: Feature = {
  spec: ['draft-ietf-oauth-client-id-metadata-document'],
  configure: ({ config }) =>
    config.registration.documents === 'off'
      ? {}
      : { discovery: { client_id_metadata_document_supported: true } },
};
