import type { ClientRecord } from '../store/store.ts';

/**
 * The entry of the configuration file that adopts a client without a change. A client that was stored without `id_token_claims` does not have
 * what a new one would have by default.
 */
export function declaredEntry({ id, metadata }: Pick<ClientRecord, 'id' | 'metadata'>): object {
  const { grant_types: grants } = metadata;
  const signsIn = Array.isArray(grants) && grants.includes('authorization_code');
  return {
    client_id: id,
    adopt: true,
    ...(signsIn && { id_token_claims: false }),
    ...metadata,
  };
}
