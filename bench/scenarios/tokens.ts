import { createHash, randomBytes } from 'node:crypto';
import { expectStatus, type HttpAnswer, type HttpClient } from '../client/http.ts';
import { Person } from '../client/person.ts';
import { CONNECTIONS, type Target } from '../servers/contestant.ts';
import { API, MACHINE_CLIENT, WEB_CLIENT } from '../servers/fixture.ts';

/** The requests of the scenarios. */

export interface TokenResponse {
  access_token: string;
  refresh_token?: string;
  id_token?: string;
}

const PEOPLE = 64;
const [REDIRECT_URI = ''] = WEB_CLIENT.redirect_uris;
const WEB = { authorization: basic(WEB_CLIENT.client_id, WEB_CLIENT.client_secret) };
const CLIENT_CREDENTIALS = new URLSearchParams({
  grant_type: 'client_credentials',
  scope: 'messages:read',
  resource: API.audience,
}).toString();

/**
 * A JWT access token for a machine client.
 * @param clientId another one with the same secret
 */
export async function requestMachineToken(
  http: HttpClient,
  clientId: string = MACHINE_CLIENT.client_id,
): Promise<TokenResponse> {
  const headers = { authorization: basic(clientId, MACHINE_CLIENT.client_secret) };
  const answer = await http.post('/token', CLIENT_CREDENTIALS, headers);
  return readTokens(answer, 'client credentials');
}

export interface SignInOptions {
  /** `openid` alone gives an opaque access token, an API's scope a JWT. */
  scope: string;
  /** OpenID Connect Core §11: `offline_access` counts only with `prompt=consent`. */
  prompt?: 'consent';
}

/** The code flow: authorization request, pages if there are any, token request. */
export async function runCodeFlow(
  http: HttpClient,
  person: Person,
  options: SignInOptions,
): Promise<TokenResponse> {
  const verifier = randomBytes(32).toString('base64url');
  const forApi = options.scope.includes('messages:');
  const response = await person.authorize(authorizationRequest(verifier, options), REDIRECT_URI);
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: response.get('code') ?? '',
    redirect_uri: REDIRECT_URI,
    code_verifier: verifier,
    ...(forApi && { resource: API.audience }),
  });
  const answer = await http.post('/token', form.toString(), WEB);
  return readTokens(answer, 'code flow');
}

export async function refresh(http: HttpClient, refreshToken: string): Promise<TokenResponse> {
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
  const answer = await http.post('/token', form.toString(), WEB);
  return readTokens(answer, 'refresh');
}

/** @throws Error when the token is not active */
export async function introspect(http: HttpClient, token: string): Promise<void> {
  const answer = await http.post('/introspect', `token=${token}`, WEB);
  expectStatus(answer, 200, 'introspection');
  if (!answer.body.includes('"active":true')) throw new Error(`introspection: ${answer.body}`);
}

/** Path and query of an authorization request that leads to the sign-in page. */
export function signInRequest(): { path: string; redirectUri: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { path: authorizationRequest(verifier, { scope: 'openid' }), redirectUri: REDIRECT_URI };
}

/**
 * People with a session, the same ones for every scenario. Many, each with a grant of their own, because oidc-provider's
 * in-memory adapter walks all tokens of a grant whenever it writes one.
 */
export function signedInPeople(target: Target, count = PEOPLE): Promise<Person[]> {
  const { http, issuer, usernames } = target;
  target.people ??= inParallel(count, async (index) => {
    const person = new Person(http, issuer, usernames?.[index % usernames.length]);
    await runCodeFlow(http, person, { scope: 'openid messages:read' });
    return person;
  });
  return target.people;
}

/** Runs `make` several times, concurrently on all connections. */
export async function inParallel<Item>(
  count: number,
  make: (index: number) => Promise<Item>,
): Promise<Item[]> {
  const made: Item[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      made[index] = await make(index);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return made;
}

function authorizationRequest(verifier: string, { scope, prompt }: SignInOptions): string {
  const query = new URLSearchParams({
    client_id: WEB_CLIENT.client_id,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope,
    state: randomBytes(16).toString('base64url'),
    nonce: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(scope.includes('messages:') && { resource: API.audience }),
    ...(prompt !== undefined && { prompt }),
  });
  return `/authorize?${query.toString()}`;
}

function readTokens(answer: HttpAnswer, what: string): TokenResponse {
  expectStatus(answer, 200, what);
  const tokens: TokenResponse = JSON.parse(answer.body);
  return tokens;
}

function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}
