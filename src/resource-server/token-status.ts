import { issuerUnavailable } from './access-refused.ts';

/**
 * Whether a token whose signature is good was ended before its time: revoked, or its grant, account or client is gone. The issuer says
 * (RFC 7662), and is believed for a few seconds, so that a busy client costs one question in that time.
 */
export interface IntrospectionOptions {
  /** The issuer's introspection endpoint; `<issuer>/introspect` by default. */
  endpoint?: string;
  /** This API as a client of the issuer. */
  clientId: string;
  clientSecret: string;
  /** How long an answer is believed, in milliseconds, counted from the question; four seconds by default. */
  maxAge?: number;
}

const TIMEOUT = 2_000;
/** Tokens remembered at most; the oldest go first. */
const CAPACITY = 10_000;
const PAUSE = 1_000;

/**
 * @returns a function that tells whether the issuer stands by a token
 * @throws AccessRefused 503 when the issuer cannot be asked: nobody then knows
 */
export function tokenStatus(
  issuer: string,
  { endpoint = `${issuer}/introspect`, clientId, clientSecret, maxAge = 4_000 }: IntrospectionOptions,
): (token: string) => Promise<boolean> {
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':');
  const headers = {
    authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    accept: 'application/json',
  };
  const answers = new Map<string, { active: Promise<boolean>; until: number }>();

  async function ask(token: string): Promise<boolean> {
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT),
      });
      if (response.status !== 200) throw new Error(`${endpoint} answered ${response.status}`);
      const { active } = (await response.json()) as { active?: unknown };
      return active === true;
    } catch (error) {
      answers.delete(token);
      throw issuerUnavailable(`the token could not be introspected: ${String(error)}`, PAUSE);
    }
  }

  return (token) => {
    const now = Date.now();
    const known = answers.get(token);
    if (known !== undefined && known.until > now) return known.active;
    const active = ask(token);
    answers.delete(token);
    answers.set(token, { active, until: now + maxAge });
    const [oldest] = answers.keys();
    if (answers.size > CAPACITY && oldest !== undefined) answers.delete(oldest);
    return active;
  };
}
