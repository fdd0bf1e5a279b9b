import { ASSERTION_ALGORITHMS } from './authentication-methods.ts';
import { HMAC } from './response-algorithms.ts';

/**
 * Signatures of request objects (RFC 9101) by a key of the client; HS256 with the secret of a client that has registered it
 * (`secret-key.ts`). `none` is not among them: an object without a signature protects nothing (RFC 9101 §10.2).
 */
export const REQUEST_OBJECT_ALGORITHMS = [...ASSERTION_ALGORITHMS, HMAC] as const;
