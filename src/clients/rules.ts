import { STANDARD_SCOPES } from '../config/standard-scopes.ts';
import { nearest } from '../config/nearest.ts';
import {
  assertionAlgorithmProblems,
  encryptedResponseProblems,
  hmacProblems,
  signedResponseProblems,
} from './algorithm-rules.ts';
import { claimNameProblems } from './claim-form.ts';
import { allowedOriginsProblems } from './allowed-origin.ts';
import { frontChannelUriProblems } from './front-channel-uri.ts';
import { backChannelUriProblems } from './back-channel-uri.ts';
import { grantTypeProblems, signsPeopleIn } from './grant-types.ts';
import type { ClientMetadata, MetadataContext } from './fields/shape.ts';
import { fetchedUrlProblems } from './fetched-url.ts';
import { pkceProblems } from './pkce.ts';
import { hasSignatureKey } from './jwks.ts';
import { sectorProblems } from './sector.ts';
import { loopbackProblems, redirectUriCountProblems, redirectUriProblems } from './redirect-uris.ts';
import { HMAC, SIGNED_RESPONSES } from './response-algorithms.ts';
import { responseModeProblems, responseTypeProblems } from './response-types.ts';

/** Rules across the members of client metadata. */

interface Rule {
  /** The rule is skipped when one of these members is invalid. */
  reads: readonly (keyof ClientMetadata)[];
  check: (metadata: ClientMetadata, context: MetadataContext) => string[];
}

const SIGNED = SIGNED_RESPONSES.map((response) => `${response}_signed_response_alg` as const);
const ENCRYPTED = SIGNED_RESPONSES.flatMap(
  (response) => [`${response}_encrypted_response_alg`, `${response}_encrypted_response_enc`] as const,
);

export const RULES: readonly Rule[] = [
  { reads: ['grant_types', 'response_types'], check: responseTypeProblems },
  { reads: ['response_types', 'response_modes'], check: responseModeProblems },
  {
    reads: ['redirect_uris', 'post_logout_redirect_uris', 'application_type', 'grant_types'],
    check: (metadata, { mode }) => redirectUriProblems(metadata, mode),
  },
  {
    reads: ['loopback_redirect_uris', 'trust_loopback', 'application_type', 'grant_types'],
    check: loopbackProblems,
  },
  { reads: ['redirect_uris', 'loopback_redirect_uris', 'grant_types'], check: redirectUriCountProblems },
  { reads: ['redirect_uris', 'frontchannel_logout_uri'], check: frontChannelUriProblems },
  {
    reads: ['backchannel_logout_uri', 'backchannel_logout_session_required'],
    check: backChannelUriProblems,
  },
  // An invalid authentication method counts as the default.
  { reads: ['grant_types'], check: checkGrantTypes },
  { reads: ['token_endpoint_auth_method', 'pkce', 'require_pkce'], check: pkceProblems },
  { reads: ['token_endpoint_auth_method', 'allowed_origins'], check: allowedOriginsProblems },
  { reads: ['token_endpoint_auth_method', 'jwks', 'jwks_uri'], check: checkAssertionKeys },
  {
    reads: ['jwks_uri'],
    check: ({ jwks_uri: uri }, context) => fetchedUrlProblems('jwks_uri', uri, context),
  },
  {
    reads: ['token_endpoint_auth_method', 'token_endpoint_auth_signing_alg'],
    check: assertionAlgorithmProblems,
  },
  { reads: SIGNED, check: signedResponseProblems },
  { reads: ['token_endpoint_auth_method', ...SIGNED, 'request_object_signing_alg'], check: hmacProblems },
  { reads: ['jwks', 'jwks_uri', ...SIGNED, ...ENCRYPTED], check: encryptedResponseProblems },
  {
    reads: ['jwks', 'jwks_uri', 'request_object_signing_alg', 'require_signed_request_object'],
    check: checkRequestObjectKeys,
  },
  {
    reads: ['request_object_encryption_alg', 'request_object_encryption_enc'],
    check: checkRequestObjectEncryption,
  },
  { reads: ['scope', 'grant_types'], check: checkScope },
  { reads: ['claim_names'], check: claimNameProblems },
  {
    reads: ['subject_type', 'sector_identifier_uri', 'redirect_uris', 'loopback_redirect_uris'],
    check: (metadata, { mode }) => sectorProblems(metadata, mode),
  },
];

function checkGrantTypes({ grant_types, token_endpoint_auth_method }: ClientMetadata): string[] {
  return grantTypeProblems(grant_types, { isPublic: token_endpoint_auth_method === 'none' });
}

function checkAssertionKeys({ token_endpoint_auth_method, jwks, jwks_uri }: ClientMetadata): string[] {
  if (jwks !== undefined && jwks_uri !== undefined) {
    return ['jwks_uri: cannot be together with jwks; give the keys, or the address of the keys'];
  }
  if (token_endpoint_auth_method !== 'private_key_jwt' || jwks_uri !== undefined) return [];
  if (jwks === undefined) {
    return ['jwks: needed with private_key_jwt; give the public keys, or their address as jwks_uri'];
  }
  return hasSignatureKey(jwks.keys)
    ? []
    : ['jwks: private_key_jwt needs a key for signatures; those given have use "enc"'];
}

/** The member without which no request of the client could be accepted. */
function checkRequestObjectKeys({
  require_signed_request_object: required,
  ...metadata
}: ClientMetadata): string[] {
  const member =
    metadata.request_object_signing_alg === undefined
      ? required === true && 'require_signed_request_object'
      : 'request_object_signing_alg';
  const isHmac = metadata.request_object_signing_alg === HMAC;
  const hasKeys = isHmac || metadata.jwks !== undefined || metadata.jwks_uri !== undefined;
  return member === false || hasKeys
    ? []
    : [`${member}: needs jwks or jwks_uri, the public keys that verify the request objects of the client`];
}

/** OpenID Connect Dynamic Client Registration §2. */
function checkRequestObjectEncryption({
  request_object_encryption_alg: alg,
  request_object_encryption_enc: enc,
}: ClientMetadata): string[] {
  return enc !== undefined && alg === undefined
    ? ['request_object_encryption_enc: needs request_object_encryption_alg']
    : [];
}

function checkScope({ scope, grant_types }: ClientMetadata, { apis }: MetadataContext): string[] {
  const known = [...STANDARD_SCOPES, ...apis.flatMap((api) => Object.keys(api.scopes))];
  const scopes = scope.split(' ').filter((token) => token !== '');
  return scopes.flatMap((token) => {
    if (!known.includes(token)) {
      const close = nearest(token, known);
      const hint = close === undefined ? '' : `; did you mean ${close}?`;
      return [`scope: ${token} is neither of OpenID Connect nor of a declared API${hint}`];
    }
    if (!STANDARD_SCOPES.has(token)) return [];
    if (!signsPeopleIn(grant_types)) return [`scope: ${token} needs the authorization_code grant`];
    if (token === 'offline_access' && !grant_types.includes('refresh_token')) {
      return ['scope: offline_access needs the refresh_token grant'];
    }
    return [];
  });
}
