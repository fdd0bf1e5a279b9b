import * as v from 'valibot';
import { oneOf } from './schema-values.ts';

/**
 * JWS algorithms that tokens can be signed with (RFC 7518 §3.1, RFC 8037 §3.1). RS256 is the first and always available: OpenID Connect
 * Core 1.0 §15.1 requires it. `signing/algorithms.ts` implements them.
 */
export const SIGNING_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** In the order of `SIGNING_ALGORITHMS`, each once, with RS256. */
export const signingAlgorithms = v.pipe(
  v.array(oneOf(SIGNING_ALGORITHMS)),
  v.transform((listed) => SIGNING_ALGORITHMS.filter((alg) => alg === 'RS256' || listed.includes(alg))),
);
