import type { Feature } from '../feature.ts';

/**
 * Pairwise subjects for clients that register them (`engine/subjects.ts`), wherever the engine writes `sub`: ID tokens, userinfo, access
 * tokens, introspection, logout tokens. Its own answers compute it in the same way. `sector_identifier_uri` is fetched when a client is
 * written (`clients/sector-check.ts`), never at a request.
 */
export const pairwiseSubjects: Feature = {
  spec: ['OpenID Connect Core 1.0 §8'],
  clientMetadata: ['subject_type', 'sector_identifier_uri'],
  configure: ({ subjects }) => ({
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (_ctx, accountId, client) => subjects.of(client, accountId),
    sectorIdentifierUriValidate: () => false,
  }),
};
