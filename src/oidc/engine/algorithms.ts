import type { AsymmetricSigningAlgorithm, Configuration } from 'oidc-provider';
import { ASSERTION_ALGORITHMS, SECRET_ASSERTION_ALGORITHMS } from '../../clients/authentication-methods.ts';
import { REQUEST_OBJECT_ALGORITHMS } from '../../clients/request-object-algorithms.ts';
import { HMAC } from '../../clients/response-algorithms.ts';
import {
  CONTENT_ENCRYPTION,
  KEY_MANAGEMENT,
  type KeyManagement,
} from '../../config/encryption-algorithms.ts';
import type { SigningAlgorithm } from '../../signing/algorithms.ts';

/**
 * Every list of algorithms that the engine knows. The type requires all of them, because the engine fills a missing one with defaults, which
 * contain key wrapping with the secret of the client as the key. The only symmetric algorithm is HS256, for clients that have registered it
 * (`client-auth/symmetric-keys.ts`); `none` is on no list, and a list is empty while the feature that reads it is off. A feature cannot set a
 * list by itself (`feature.ts`).
 */
type AlgorithmLists = {
  [List in keyof Required<EnabledJwa>]: List extends `${string}EncryptionAlgValues`
    ? KeyManagement[]
    : List extends `${string}EncryptionEncValues`
      ? (typeof CONTENT_ENCRYPTION)[number][]
      : List extends SenderKeyList
        ? AsymmetricSigningAlgorithm[]
        : (AsymmetricSigningAlgorithm | typeof HMAC)[];
};

/** Signed with a key that is in the JWT or attested. */
type SenderKeyList = 'dPoPSigningAlgValues' | 'attestSigningAlgValues';

type EnabledJwa = NonNullable<Configuration['enabledJWA']>;

/** @param signing the configured ones */
export function enabledAlgorithms(signing: readonly SigningAlgorithm[]): AlgorithmLists {
  return {
    // The engine removes entries from this list in place.
    clientAuthSigningAlgValues: [...ASSERTION_ALGORITHMS, ...SECRET_ASSERTION_ALGORITHMS],
    idTokenSigningAlgValues: [...signing, HMAC],
    // Request objects (RFC 9101). Encrypted ones are decrypted in front of the engine.
    requestObjectSigningAlgValues: [...REQUEST_OBJECT_ALGORITHMS],
    requestObjectEncryptionAlgValues: [],
    requestObjectEncryptionEncValues: [],
    // Userinfo, introspection (RFC 9701) and authorization responses (JARM) as JWTs.
    userinfoSigningAlgValues: [...signing, HMAC],
    introspectionSigningAlgValues: [...signing, HMAC],
    authorizationSigningAlgValues: [],
    // DPoP (RFC 9449) and client attestation.
    dPoPSigningAlgValues: [],
    attestSigningAlgValues: [],
    // Encryption of what clients receive, with their keys.
    idTokenEncryptionAlgValues: [...KEY_MANAGEMENT],
    idTokenEncryptionEncValues: [...CONTENT_ENCRYPTION],
    userinfoEncryptionAlgValues: [...KEY_MANAGEMENT],
    userinfoEncryptionEncValues: [...CONTENT_ENCRYPTION],
    introspectionEncryptionAlgValues: [...KEY_MANAGEMENT],
    introspectionEncryptionEncValues: [...CONTENT_ENCRYPTION],
    authorizationEncryptionAlgValues: [],
    authorizationEncryptionEncValues: [],
  };
}
