import type { AsymmetricSigningAlgorithm, Configuration } from 'oidc-provider';
import { ASSERTION_ALGORITHMS } from '../../clients/authentication-methods.ts';
import { REQUEST_OBJECT_ALGORITHMS } from '../../clients/request-object-algorithms.ts';
import type { SigningAlgorithm } from '../../signing/algorithms.ts';

/**
 * Every list of algorithms that the engine knows. The type requires all of them, because the engine fills a missing one with defaults, which
 * contain HMAC and key wrapping with the secret of the client as the key. Signet stores digests of secrets, so that no client has a symmetric key:
 * a list has asymmetric signature algorithms only, and is empty while the feature that reads it is off. A feature cannot set a list by itself
 * (`feature.ts`).
 */
type AlgorithmLists = { [List in keyof Required<EnabledJwa>]: AsymmetricSigningAlgorithm[] } & {
  [List in Extract<keyof EnabledJwa, `${string}Encryption${string}`>]: never[];
};

type EnabledJwa = NonNullable<Configuration['enabledJWA']>;

/** @param signing the configured ones */
export function enabledAlgorithms(signing: readonly SigningAlgorithm[]): AlgorithmLists {
  return {
    // The engine removes entries from this list in place.
    clientAuthSigningAlgValues: [...ASSERTION_ALGORITHMS],
    idTokenSigningAlgValues: [...signing],
    // Request objects (RFC 9101). Encrypted ones are decrypted in front of the engine.
    requestObjectSigningAlgValues: [...REQUEST_OBJECT_ALGORITHMS],
    requestObjectEncryptionAlgValues: [],
    requestObjectEncryptionEncValues: [],
    // Userinfo, introspection (RFC 9701) and authorization responses (JARM) as JWTs.
    userinfoSigningAlgValues: [],
    introspectionSigningAlgValues: [],
    authorizationSigningAlgValues: [],
    // DPoP (RFC 9449) and client attestation.
    dPoPSigningAlgValues: [],
    attestSigningAlgValues: [],
    // Encryption of what clients receive.
    idTokenEncryptionAlgValues: [],
    idTokenEncryptionEncValues: [],
    userinfoEncryptionAlgValues: [],
    userinfoEncryptionEncValues: [],
    introspectionEncryptionAlgValues: [],
    introspectionEncryptionEncValues: [],
    authorizationEncryptionAlgValues: [],
    authorizationEncryptionEncValues: [],
  };
}
