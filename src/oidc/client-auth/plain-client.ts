import type { Client, Provider } from 'oidc-provider';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { ClientMetadata } from '../../clients/fields/shape.ts';
import { verifySecret } from '../../clients/secrets.ts';
import type { ClientSecretThrottle } from '../../limits/client-secret-throttle.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { Credentials } from './plain-request.ts';

/**
 * Authentication with a secret (RFC 6749 §2.3.1) for the short paths in front of the engine. It is an allow-list: a client whose registered
 * metadata is not all implemented by the short path is left to the engine, so that a feature that restricts a client by its metadata
 * cannot be bypassed there. So is a client that registered itself. A client whose secret is wrong or throttled is left to the engine, too,
 * which rejects it and counts the attempt.
 */

/** Metadata that is implemented here, or that has no part in the requests of a client to the endpoints for clients. */
const SHARED: readonly (keyof ClientMetadata)[] = [
  // Implemented.
  'token_endpoint_auth_method',
  // For people: pages, authorization requests, ID tokens, sign-out.
  'client_name',
  'client_uri',
  'logo_uri',
  'policy_uri',
  'tos_uri',
  'contacts',
  'software_id',
  'software_version',
  'application_type',
  'redirect_uris',
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'backchannel_logout_session_required',
  'frontchannel_logout_uri',
  'frontchannel_logout_session_required',
  'loopback_redirect_uris',
  'trust_loopback',
  'mfa',
  'allowed_groups',
  'roles',
  'claim_names',
  'response_types',
  'response_modes',
  'default_max_age',
  'default_acr_values',
  'require_auth_time',
  'initiate_login_uri',
  'first_party',
  'pkce',
  'require_pkce',
  'id_token_signed_response_alg',
  'id_token_encrypted_response_alg',
  'id_token_encrypted_response_enc',
  'id_token_claims',
  'request_object_signing_alg',
  'require_signed_request_object',
  'request_uris',
  'request_object_encryption_alg',
  'request_object_encryption_enc',
  'userinfo_signed_response_alg',
  'userinfo_encrypted_response_alg',
  'userinfo_encrypted_response_enc',
  // Of a person, at introspection: `engine/subjects.ts`.
  'subject_type',
  'sector_identifier_uri',
  // For pages, whose requests are left to the engine (`plain-request.ts`).
  'allowed_origins',
  // Of another authentication method.
  'jwks',
  'jwks_uri',
  'assertion_audience',
];

const SECRET_METHODS: ReadonlySet<unknown> = new Set(['client_secret_basic', 'client_secret_post']);

/** @returns the client; undefined for one that the engine must authenticate or reject */
export type AuthenticatePlainClient = (
  credentials: Credentials,
  request: { readonly ip: string },
) => Promise<Client | undefined>;

export interface PlainClientOptions {
  provider: Provider;
  secretThrottle: ClientSecretThrottle;
  clock: Clock;
  /** Metadata that the short path implements, or that has no part in its requests. */
  implemented: readonly (keyof ClientMetadata)[];
  /** Whether the short path is for a client; by default it is for all that have a secret. */
  isAllowed?: (client: Client) => boolean;
}

export function plainClientAuthentication(options: PlainClientOptions): AuthenticatePlainClient {
  const { provider, secretThrottle, clock } = options;
  const isPlain = plainClients(options);
  return async ({ clientId, clientSecret }, request) => {
    const { hasBlocks } = secretThrottle;
    if (hasBlocks && secretThrottle.retryAfter(clientId, request.ip) !== undefined) return undefined;
    // The client of a metadata document has no secret; the engine counts requests for documents.
    if (clientId.includes('://')) return undefined;
    const client = await provider.Client.find(clientId);
    if (client === undefined || !isPlain(client)) return undefined;
    const isValid = verifySecret(clientSettings(client).secrets, clientSecret, nowInSeconds(clock));
    return isValid ? client : undefined;
  };
}

/** Whether a client has a secret and no metadata that is not implemented. Decided once per cached client. */
function plainClients({
  implemented,
  isAllowed = () => true,
}: PlainClientOptions): (client: Client) => boolean {
  const members = new Set<string>([...SHARED, ...implemented]);
  const decided = new WeakMap<Client, boolean>();
  return (client) => {
    let isPlain = decided.get(client);
    if (isPlain === undefined) {
      isPlain =
        SECRET_METHODS.has(client.clientAuthMethod) &&
        isAllowed(client) &&
        clientSettings(client).selfRegistered === undefined &&
        clientSettings(client).members.every((name) => members.has(name));
      decided.set(client, isPlain);
    }
    return isPlain;
  };
}
