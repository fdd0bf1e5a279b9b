import type { AdapterPayload, Client } from 'oidc-provider';
import { type LocalizedValue, localizedValues, memberOf } from '../../clients/fields/localized.ts';
import type { ClaimForms } from '../../clients/claim-form.ts';
import type { RoleGroups } from '../../clients/group-access.ts';
import { type Jwk, withUses } from '../../clients/jwks.ts';
import { type PkcePolicy, pkcePolicy } from '../../clients/pkce.ts';
import type { KnownClient } from '../../clients/known-client.ts';
import type { MfaMode } from '../../config/authentication-context.ts';
import type { ClientSecret } from '../../store/store.ts';
import { isFrontChannel } from '../../clients/response-types.ts';

/**
 * Client records as the engine sees them: registered metadata by its own names, and Signet's members as extra metadata, which the engine
 * keeps and does not read.
 */

/** Names of the extra metadata; oidc-provider drops all others. */
export const EXTRA_METADATA = [
  'first_party',
  'pkce',
  'require_pkce',
  'assertion_audience',
  'id_token_claims',
  'allowed_origins',
  'loopback_redirect_uris',
  'trust_loopback',
  'mfa',
  'allowed_groups',
  'roles',
  'claim_names',
  'request_uris',
  'backchannel_logout_uri',
  'frontchannel_logout_uri',
  'allowed_scopes',
  'registered_members',
  'instance',
  'secret_digests',
  'localized',
  'self_registration',
];

/** For a client that has registered none. */
const RESPONSE_MODES = ['query', 'form_post'];
/**
 * A script in a page reads the response from the fragment, which no server sees. It is the default mode of a response with tokens, which is
 * never sent in the query.
 */
const FRAGMENT_RESPONSE_MODES = ['query', 'fragment', 'form_post'];

export function engineMetadata(record: KnownClient): AdapterPayload {
  // With a `scope`, the engine would reject what `tokens/narrowed-scope.ts` leaves out; `tokens/scope.ts` checks all scopes. From a
  // `client_secret` it would derive symmetric keys; the digests are compared in `client-auth/secrets.ts`.
  const { scope, client_secret: _secret, ...stored } = record.metadata as StoredMetadata;
  const metadata = withoutEncryption(stored);
  const localized = localizedValues(stored);
  const { redirect_uris: redirectUris = [], loopback_redirect_uris: loopback = [], jwks } = metadata;
  const allowed = (scope ?? '').split(' ').filter(Boolean);
  return {
    response_modes: readsFragment(record.metadata) ? FRAGMENT_RESPONSE_MODES : RESPONSE_MODES,
    ...metadata,
    client_id: record.id,
    ...(jwks !== undefined && { jwks: { keys: withUses(jwks.keys) } }),
    // To the engine they are redirect URIs like the others: it compares those of a web client character by character.
    ...(loopback.length > 0 && { redirect_uris: [...redirectUris, ...loopback] }),
    ...(record.secrets.length > 0 && { secret_digests: record.secrets }),
    allowed_scopes: allowed,
    ...(localized.length > 0 && { localized }),
    registered_members: [...new Set(Object.keys(record.metadata).map(memberOf))],
    instance: record.instance,
    ...((record.source === 'registered' || record.source === 'document') && {
      self_registration: {
        lastUsedAt: record.registration?.lastUsedAt,
        isDocument: record.source === 'document',
      },
    }),
  };
}

/**
 * What a client declares about the encryption of its request objects binds neither side (OpenID Connect Dynamic Client Registration §2). They are
 * decrypted in front of the engine, which would reject a client with an algorithm that it does not know.
 */
function withoutEncryption<Metadata extends StoredMetadata>(metadata: Metadata): Metadata {
  const { request_object_encryption_alg: _alg, request_object_encryption_enc: _enc, ...kept } = metadata;
  return kept as Metadata;
}

function readsFragment({
  token_endpoint_auth_method: method,
  response_types: types = [],
}: {
  token_endpoint_auth_method?: string;
  response_types?: readonly string[];
}): boolean {
  return method === 'none' || types.some(isFrontChannel);
}

interface StoredMetadata extends Record<string, unknown> {
  scope?: string;
  redirect_uris?: string[];
  jwks?: { keys: readonly Jwk[] };
  loopback_redirect_uris?: string[];
}

export interface ClientSettings {
  /** `ClientRecord.instance`. */
  instance: string;
  firstParty: boolean;
  pkce: PkcePolicy;
  /** Whether an assertion may have the address of an endpoint as its audience (`client-auth/assertions.ts`). */
  legacyAssertionAudience: boolean;
  /** Declared and added clients have it; false for a client that an earlier version has stored without it. */
  idTokenClaims: boolean;
  /** Of pages that may call as the client, beside those of its redirect URIs. */
  allowedOrigins: readonly string[];
  /** Of a web client, for tools on the device of the person. They are among its `redirectUris`. */
  loopbackRedirectUris: readonly string[];
  /** Consent is remembered for redirect URIs on the device of the person. */
  trustLoopback: boolean;
  /** Whether people need a second factor for it, beside what the configuration says. */
  mfa: MfaMode | undefined;
  /** Groups whose members may use it; undefined: everyone may. */
  allowedGroups: readonly string[] | undefined;
  roles: RoleGroups | undefined;
  /** How it gets the claims `groups` and `roles`. */
  claimForms: ClaimForms | undefined;
  /** URLs of its request objects. */
  requestUris: readonly string[];
  /** Where the outbox sends logout tokens. */
  backChannelLogoutUri: string | undefined;
  /** Where a frame signs the person out at the application; absent for a client with a back channel. */
  frontChannelLogoutUri: string | undefined;
  /** Scopes that the client can request, of OpenID Connect and of APIs. */
  allowedScopes: ReadonlySet<string>;
  /** What pages show in other languages. */
  localized: readonly LocalizedValue[];
  /** Names of all metadata as stored, without languages, also those that the engine does not recognize. */
  members: readonly string[];
  secrets: readonly ClientSecret[];
  /** Undefined for a client that the operator declared or added. */
  selfRegistered: SelfRegistration | undefined;
}

/** Of a client that registered itself (RFC 7591), which no operator has checked. */
export interface SelfRegistration {
  /** Epoch seconds, a day behind at most. */
  readonly lastUsedAt?: number | undefined;
  /** Its id is the address of a document with its metadata; the store has no record of it. */
  readonly isDocument?: boolean;
}

const cache = new WeakMap<Client, ClientSettings>();

/** Signet's settings of a client that the engine has loaded. */
export function clientSettings(client: Client): ClientSettings {
  let settings = cache.get(client);
  if (settings === undefined) {
    const extra = client as unknown as Record<string, unknown>;
    const selfRegistered = extra.self_registration as SelfRegistration | undefined;
    // What an operator decides about a client that the operator knows.
    const isTrusted = selfRegistered === undefined;
    settings = {
      instance: extra.instance as string,
      firstParty: isTrusted && extra.first_party === true,
      pkce: pkcePolicy({
        token_endpoint_auth_method: client.clientAuthMethod,
        pkce: extra.pkce,
        require_pkce: extra.require_pkce,
      }),
      legacyAssertionAudience: extra.assertion_audience === 'legacy',
      idTokenClaims: extra.id_token_claims === true,
      allowedOrigins: (extra.allowed_origins as string[] | undefined) ?? [],
      loopbackRedirectUris: (extra.loopback_redirect_uris as string[] | undefined) ?? [],
      trustLoopback: isTrusted && extra.trust_loopback === true,
      allowedGroups: extra.allowed_groups as string[] | undefined,
      roles: isTrusted ? (extra.roles as RoleGroups | undefined) : undefined,
      claimForms: isTrusted ? (extra.claim_names as ClaimForms | undefined) : undefined,
      mfa: isTrusted ? (extra.mfa as MfaMode | undefined) : undefined,
      backChannelLogoutUri: extra.backchannel_logout_uri as string | undefined,
      frontChannelLogoutUri: frontChannelLogoutUri(extra),
      requestUris: (extra.request_uris as string[] | undefined) ?? [],
      allowedScopes: new Set(extra.allowed_scopes as string[]),
      localized: (extra.localized as LocalizedValue[] | undefined) ?? [],
      members: extra.registered_members as string[],
      secrets: (extra.secret_digests as ClientSecret[] | undefined) ?? [],
      selfRegistered,
    };
    cache.set(client, settings);
  }
  return settings;
}

function frontChannelLogoutUri({
  frontchannel_logout_uri: uri,
  registered_members: members,
}: Record<string, unknown>): string | undefined {
  if (typeof uri !== 'string' || (members as string[]).includes('backchannel_logout_uri')) return undefined;
  return uri;
}
