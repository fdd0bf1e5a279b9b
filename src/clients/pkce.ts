/** Which requests of a client need PKCE (RFC 7636, RFC 9700 §2.1.1). */

export const PKCE_POLICIES = ['required', 'required_or_nonce', 'optional'] as const;

/**
 * - `required`: each authorization request has a code challenge.
 * - `required_or_nonce`: one with the scope `openid` may have a nonce instead, which the client compares with the ID token (RFC 9700 §4.5.3.2).
 * - `optional`: a request may have neither.
 */
export type PkcePolicy = (typeof PKCE_POLICIES)[number];

/** Client metadata that decides about PKCE. `require_pkce` is the former name: false is `optional`, true is `required`. */
interface PkceMetadata {
  token_endpoint_auth_method?: unknown;
  pkce?: unknown;
  require_pkce?: unknown;
}

/**
 * The policy of a client. A public client must use PKCE whatever is stored. A value that this version does not know, of a later one, is
 * `required`.
 */
export function pkcePolicy({ token_endpoint_auth_method, ...metadata }: PkceMetadata): PkcePolicy {
  if (token_endpoint_auth_method === 'none') return 'required';
  const { pkce } = withPkcePolicy(metadata);
  if (pkce === undefined) return 'required_or_nonce';
  return PKCE_POLICIES.find((policy) => policy === pkce) ?? 'required';
}

/** Metadata with `pkce` in place of `require_pkce`. */
export function withPkcePolicy<Metadata extends PkceMetadata>(
  metadata: Metadata,
): Omit<Metadata, 'require_pkce'> {
  if (metadata.require_pkce === undefined) return metadata;
  const { require_pkce: required, ...others } = metadata;
  const policy: PkcePolicy = required === false ? 'optional' : 'required';
  return { ...others, pkce: others.pkce ?? policy };
}

/** @returns one sentence per problem */
export function pkceProblems({
  token_endpoint_auth_method,
  pkce,
  require_pkce,
}: PkceMetadata & { pkce?: PkcePolicy | undefined }): string[] {
  const isPublic = token_endpoint_auth_method === 'none';
  return [
    pkce !== undefined && require_pkce !== undefined
      ? 'require_pkce: is the former name of pkce, which is given too; remove it'
      : [],
    isPublic && pkce !== undefined && pkce !== 'required'
      ? `pkce: ${pkce} needs a client that authenticates; a public client must use PKCE (RFC 9700 §2.1.1)`
      : [],
    isPublic && require_pkce === false
      ? 'require_pkce: a public client cannot do without PKCE (RFC 9700 §2.1.1)'
      : [],
  ].flat();
}
