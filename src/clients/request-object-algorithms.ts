import { HMAC } from './response-algorithms.ts';

/** Algorithms of request objects (RFC 9101): validation of clients, the engine and discovery follow from these lists. */

/**
 * Signatures by a key of the client; HS256 with the secret of a client that has registered it (`secret-key.ts`). `none` is not among them: an
 * object without a signature protects nothing (RFC 9101 §10.2).
 */
export const REQUEST_OBJECT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA', HMAC] as const;

/** Encryption to a key of this server (RFC 7518 §4.1). RSA1_5 (RFC 8725 §3.2), and whatever needs a shared secret, is not among them. */
export const REQUEST_ENCRYPTION_ALGORITHMS = ['RSA-OAEP-256', 'ECDH-ES'] as const;

export type RequestEncryptionAlgorithm = (typeof REQUEST_ENCRYPTION_ALGORITHMS)[number];

/** RFC 7518 §5.1. The first one is the default (OpenID Connect Dynamic Client Registration §2). */
export const REQUEST_ENCRYPTION_METHODS = ['A128CBC-HS256', 'A128GCM', 'A256GCM'] as const;
