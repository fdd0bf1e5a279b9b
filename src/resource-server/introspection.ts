import { issuerUnavailable } from './bearer-error.ts';

/**
 * Token introspection (RFC 7662): detects that a token was revoked before its expiry, or that its grant, account or client has been
 * removed. Each response is cached for a few seconds, so a busy client costs one request in that time.
 */
export interface IntrospectionOptions {
  /** Introspection endpoint of the issuer. Default: `<issuer>/introspect`. */
  endpoint?: string;
  /** The client that this API is registered as at the issuer. */
  clientId: string;
  clientSecret: string;
  /** Milliseconds that a response is cached, from the time of the request. Default: 4000. */
  maxAge?: number;
}

const REQUEST_TIMEOUT_MS = 2_000;
/** Cached tokens; beyond them, the oldest is dropped. */
const MAX_CACHED_TOKENS = 10_000;
/** Value of Retry-After while the issuer is unreachable. */
const RETRY_AFTER_MS = 1_000;

/**
 * @returns a function that resolves to whether the token is active
 * @throws BearerError 503 when the issuer is unreachable
 */
export function createIntrospector(
  issuer: string,
  {
    endpoint = `${issuer.replace(/\/$/, '')}/introspect`,
    clientId,
    clientSecret,
    maxAge = 4_000,
  }: IntrospectionOptions,
): (token: string) => Promise<boolean> {
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':');
  const headers = {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    accept: 'application/json',
  };
  /** Promises, so that concurrent requests with one token share one introspection. Oldest first. */
  const cache = new Map<string, { active: Promise<boolean>; until: number }>();

  async function introspect(token: string): Promise<boolean> {
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
        redirect: 'error',
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      if (response.status !== 200) throw new Error(`${endpoint} answered ${response.status}`);
      const { active } = (await response.json()) as { active?: unknown };
      return active === true;
    } catch (error) {
      cache.delete(token);
      throw issuerUnavailable(`the token could not be introspected: ${String(error)}`, RETRY_AFTER_MS);
    }
  }

  return (token) => {
    const now = Date.now();
    const cached = cache.get(token);
    if (cached !== undefined && cached.until > now) return cached.active;
    const active = introspect(token);
    cache.delete(token);
    cache.set(token, { active, until: now + maxAge });
    const [oldest] = cache.keys();
    if (cache.size > MAX_CACHED_TOKENS && oldest !== undefined) cache.delete(oldest);
    return active;
  };
}
