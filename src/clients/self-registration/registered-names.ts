import { isLocalizedName } from '../fields/localized.ts';
import { CLIENT_METADATA } from '../fields/shape.ts';

/**
 * The names of client metadata that a client may register and read itself. It is an allow-list of names in the registry "OAuth Dynamic Client
 * Registration Metadata" (RFC 7591 §4.1), so that no member of Signet (`first_party`, `allowed_origins`) can be set by a client. Those that
 * this version supports are members of `FIELDS`; all others are ignored (RFC 7591 §2).
 */
const REGISTRY: ReadonlySet<string> = new Set([
  // RFC 7591 §2.
  'redirect_uris',
  'token_endpoint_auth_method',
  'grant_types',
  'response_types',
  'client_name',
  'client_uri',
  'logo_uri',
  'scope',
  'contacts',
  'tos_uri',
  'policy_uri',
  'jwks_uri',
  'jwks',
  'software_id',
  'software_version',
  // OpenID Connect Dynamic Client Registration 1.0 §2.
  'application_type',
  'sector_identifier_uri',
  'subject_type',
  'id_token_signed_response_alg',
  'id_token_encrypted_response_alg',
  'id_token_encrypted_response_enc',
  'userinfo_signed_response_alg',
  'userinfo_encrypted_response_alg',
  'userinfo_encrypted_response_enc',
  'request_object_signing_alg',
  'request_object_encryption_alg',
  'request_object_encryption_enc',
  'token_endpoint_auth_signing_alg',
  'default_max_age',
  'require_auth_time',
  'default_acr_values',
  'initiate_login_uri',
  'request_uris',
  // OpenID Connect RP-Initiated, Back-Channel and Front-Channel Logout 1.0.
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'backchannel_logout_session_required',
  'frontchannel_logout_uri',
  'frontchannel_logout_session_required',
  // RFC 9101 §10.5, RFC 9126 §6, RFC 9449 §5.2, RFC 9701 §6.
  'require_signed_request_object',
  'require_pushed_authorization_requests',
  'dpop_bound_access_tokens',
  'introspection_signed_response_alg',
  'introspection_encrypted_response_alg',
  'introspection_encrypted_response_enc',
]);

const SUPPORTED: ReadonlySet<string> = new Set(CLIENT_METADATA.filter((name) => REGISTRY.has(name)));

/** Whether a client may register and read a member of its metadata. */
export function isRegistrable(name: string): boolean {
  return SUPPORTED.has(name) || isLocalizedName(name);
}
