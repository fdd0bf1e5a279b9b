import type { Client } from '../clients/clients.ts';
import { hasExpired } from '../clients/secrets.ts';
import { formatTime } from './output.ts';

/**
 * A client without the digests of its secrets, for lists and JSON.
 * @param clock epoch milliseconds
 */
export function describeClient(
  { id, metadata, secrets, source, registration, createdAt, updatedAt }: Client,
  clock: number,
) {
  return {
    client_id: id,
    ...metadata,
    source,
    registered_from: registration?.network,
    initial_token: registration?.initialToken,
    statement_issuer: registration?.statement?.issuer,
    last_used_at: registration?.lastUsedAt === undefined ? undefined : formatTime(registration.lastUsedAt),
    created_at: formatTime(createdAt),
    updated_at: formatTime(updatedAt),
    secrets: secrets
      .filter((secret) => !hasExpired(secret, clock / 1000))
      .map((secret) => ({
        created_at: formatTime(secret.createdAt),
        sealed: secret.sealed === undefined ? undefined : true,
        expires_at: secret.expiresAt === undefined ? undefined : formatTime(secret.expiresAt),
      })),
  };
}
