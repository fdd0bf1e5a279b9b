import { ASSERTION_ALGORITHMS, SECRET_ASSERTION_ALGORITHMS } from './authentication-methods.ts';
import type { ClientMetadata, MetadataContext } from './fields/shape.ts';
import { fitsKeyManagement, type Jwk, useOf } from './jwks.ts';
import { HMAC, SIGNED_RESPONSES, signedResponseProblem } from './response-algorithms.ts';
import { hmacMembers } from './secret-key.ts';

/** Rules for the algorithms that a client registers, and the keys that they need. Each returns one sentence per problem. */

/** `token_endpoint_auth_signing_alg` (OpenID Connect Dynamic Client Registration §2). */
export function assertionAlgorithmProblems({
  token_endpoint_auth_method: method,
  token_endpoint_auth_signing_alg: alg,
}: ClientMetadata): string[] {
  if (alg === undefined) return [];
  const algorithms: readonly string[] | undefined = {
    private_key_jwt: ASSERTION_ALGORITHMS,
    client_secret_jwt: SECRET_ASSERTION_ALGORITHMS,
  }[method as string];
  if (algorithms === undefined) {
    return [
      `token_endpoint_auth_signing_alg: is for private_key_jwt and client_secret_jwt, not for ${method}; remove it`,
    ];
  }
  return algorithms.includes(alg)
    ? []
    : [`token_endpoint_auth_signing_alg: must be ${algorithms.join(' or ')} with ${method}`];
}

export function signedResponseProblems(
  metadata: ClientMetadata,
  { signingAlgorithms }: Pick<MetadataContext, 'signingAlgorithms'>,
): string[] {
  return SIGNED_RESPONSES.map((response) => `${response}_signed_response_alg` as const).flatMap(
    (name) => signedResponseProblem(name, metadata[name], signingAlgorithms) ?? [],
  );
}

/** A key for HMAC that is no secret of the client would be known to others (RFC 8725 §2.1). */
export function hmacProblems(metadata: ClientMetadata): string[] {
  const { token_endpoint_auth_method: method } = metadata;
  if (method.startsWith('client_secret_')) return [];
  return hmacMembers(metadata).map(
    (name) => `${name}: ${HMAC} needs a client that authenticates with a secret, and this one has ${method}`,
  );
}

/** @returns problems of encrypted responses; a key from `jwks_uri` is looked up when it is needed */
export function encryptedResponseProblems(metadata: ClientMetadata): string[] {
  return SIGNED_RESPONSES.flatMap((response) => {
    const alg = metadata[`${response}_encrypted_response_alg`];
    const isContentAlone = metadata[`${response}_encrypted_response_enc`] !== undefined && alg === undefined;
    if (isContentAlone) {
      return [`${response}_encrypted_response_enc: needs ${response}_encrypted_response_alg`];
    }
    if (alg === undefined) return [];
    const name = `${response}_encrypted_response_alg`;
    const isUnsigned = response === 'userinfo' && metadata.userinfo_signed_response_alg === undefined;
    return [
      isUnsigned ? `${name}: needs userinfo_signed_response_alg; what is encrypted is signed first` : [],
      hasEncryptionKey(metadata, alg)
        ? []
        : `${name}: ${alg} needs a key in jwks with use "enc" of the type ${alg === 'ECDH-ES' ? 'EC' : 'RSA'}`,
    ].flat();
  });
}

function hasEncryptionKey(metadata: ClientMetadata, alg: string): boolean {
  if (metadata.jwks_uri !== undefined) return true;
  const keys = (metadata.jwks?.keys ?? []) as readonly Jwk[];
  return keys.some((key) => useOf(key) === 'enc' && fitsKeyManagement(key, alg));
}
