import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { BearerError, issuerUnavailable } from './bearer-error.ts';

export interface IssuerKeysOptions {
  jwksUri: string;
  /** Milliseconds that fetched keys are used. A key that the issuer withdraws is rejected after this time. */
  maxAge: number;
  /** Minimum milliseconds between two fetches caused by an unknown `kid`. */
  cooldown: number;
}

const FETCH_TIMEOUT_MS = 2_000;
/** Backoff while no keys are cached and every request needs the issuer. With cached keys, the backoff is the cooldown. */
const BACKOFF_WITHOUT_KEYS_MS = 1_000;

/**
 * The issuer's public keys, fetched at first use and cached by jose, which fetches them again for an unknown `kid`. The cooldown of
 * jose covers only successful fetches; the backoff here covers failed ones, so that an unreachable issuer is not requested once per
 * API request.
 * @returns a key lookup for `jwtVerify`
 * @throws BearerError 503 when the keys are unavailable
 */
export function createIssuerKeys({ jwksUri, maxAge, cooldown }: IssuerKeysOptions): JWTVerifyGetKey {
  let retryAt = 0;
  const keys = createRemoteJWKSet(new URL(jwksUri), {
    cacheMaxAge: maxAge,
    cooldownDuration: cooldown,
    timeoutDuration: FETCH_TIMEOUT_MS,
    [customFetch]: (url, init) => {
      const remaining = retryAt - Date.now();
      if (remaining > 0) throw issuerUnavailable('the last fetch of the JWKS failed', remaining);
      return fetch(url, init);
    },
  });

  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof BearerError || isAboutTheToken(error)) throw error;
      const backoff = keys.fresh ? cooldown : BACKOFF_WITHOUT_KEYS_MS;
      retryAt = Date.now() + backoff;
      throw issuerUnavailable(`fetching the JWKS failed: ${describe(error)}`, backoff);
    }
  };
}

function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

/** The message of `fetch` is always "fetch failed"; its cause has the reason. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}
