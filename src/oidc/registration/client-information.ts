import type { Context } from 'koa';
import type { Client } from '../../clients/clients.ts';
import { isRegistrable } from '../../clients/self-registration/registered-names.ts';
import { needsSecret } from '../../clients/metadata.ts';
import { issuerUrl } from '../../config/issuer.ts';
import { PATHS } from '../../http/paths.ts';

/**
 * The client information response (RFC 7591 §3.2.1, RFC 7592 §3): what was registered, with all defaults, and nothing of Signet. The secret
 * is in the response that has made it, and in no other: only its digest is stored.
 */
export function clientInformation(
  issuer: string,
  { id, metadata, secrets, registration, createdAt }: Client,
  { token, secret }: { token: string; secret?: string | undefined },
): Record<string, unknown> {
  const registered = Object.entries(metadata).filter(([name]) => isRegistrable(name));
  return {
    client_id: id,
    client_id_issued_at: createdAt,
    ...(secret !== undefined && { client_secret: secret }),
    // Required with a secret; 0 for one that does not expire.
    ...(needsSecret(metadata) && { client_secret_expires_at: secrets[0]?.expiresAt ?? 0 }),
    registration_client_uri: issuerUrl(issuer, `${PATHS.registration}/${id}`),
    registration_access_token: token,
    ...Object.fromEntries(registered),
    ...(registration?.statement && { software_statement: registration.statement.jwt }),
  };
}

/** No cache keeps it, because it has credentials (RFC 7591 §3.2.1). */
export function sendInformation(ctx: Context, status: number, information: Record<string, unknown>): void {
  ctx.status = status;
  ctx.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
  ctx.body = information;
}
