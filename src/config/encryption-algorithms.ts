/** The algorithms of JWEs, to clients and from them: validation of clients, the engine, decryption keys and discovery follow from these lists. */

/**
 * Key management (RFC 7518 §4.1), by the type of the key that it needs. RSA1_5 (RFC 8725 §3.2), and whatever needs a shared secret, is not
 * among them.
 */
export const KEY_MANAGEMENT = ['RSA-OAEP-256', 'ECDH-ES'] as const;

export type KeyManagement = (typeof KEY_MANAGEMENT)[number];

/** RFC 7518 §5.1. The first one is the default (OpenID Connect Dynamic Client Registration §2). */
export const CONTENT_ENCRYPTION = ['A128CBC-HS256', 'A128GCM', 'A256GCM'] as const;
