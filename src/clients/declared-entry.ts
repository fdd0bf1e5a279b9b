import type { ClientRecord } from '../store/store.ts';
import { signsPeopleIn } from './grant-types.ts';

/**
 * The entry of the configuration file that adopts a client without a change. A client that was stored without `id_token_claims` does not have
 * what a new one would have by default.
 */
export function declaredEntry({ id, metadata }: Pick<ClientRecord, 'id' | 'metadata'>): object {
  return {
    client_id: id,
    adopt: true,
    ...(signsPeopleIn(metadata.grant_types) && { id_token_claims: false }),
    ...metadata,
  };
}
