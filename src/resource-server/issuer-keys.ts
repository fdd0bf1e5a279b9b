import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { AccessRefused, issuerUnavailable } from './access-refused.ts';

export interface IssuerKeysOptions {
  jwksUri: string;
  /** How long fetched keys are used, in milliseconds: a key that the issuer withdraws is refused after this. */
  maxAge: number;
  /** Shortest time between two fetches because of an unknown `kid`, in milliseconds. */
  cooldown: number;
}

const FETCH_TIMEOUT = 2_000;
/** Without usable keys every request needs the issuer, so it is asked again soon; with keys, an unknown `kid` can wait. */
const PAUSE_WITHOUT_KEYS = 1_000;

/**
 * The issuer's public keys, fetched at first use and cached by jose, which also fetches once more for an unknown
 * `kid`. jose counts its cooldown from the last fetch that worked; the pause here covers the ones that did not, so
 * that a dead issuer is not asked once per request.
 * @throws AccessRefused 503 when the keys cannot be had
 */
export function issuerKeys({ jwksUri, maxAge, cooldown }: IssuerKeysOptions): JWTVerifyGetKey {
  let pausedUntil = 0;
  const keys = createRemoteJWKSet(new URL(jwksUri), {
    cacheMaxAge: maxAge,
    cooldownDuration: cooldown,
    timeoutDuration: FETCH_TIMEOUT,
    [customFetch]: (url, init) => {
      const pause = pausedUntil - Date.now();
      if (pause > 0) throw issuerUnavailable('the last fetch of the JWKS failed', pause);
      return fetch(url, init);
    },
  });

  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof AccessRefused || isAboutTheToken(error)) throw error;
      const pause = keys.fresh ? cooldown : PAUSE_WITHOUT_KEYS;
      pausedUntil = Date.now() + pause;
      throw issuerUnavailable(`fetching the JWKS failed: ${describe(error)}`, pause);
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

/** `fetch` says "fetch failed" and keeps what happened in its cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}
