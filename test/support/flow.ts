import { createHash, randomBytes } from 'node:crypto';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { issuerUrl } from '../../src/config/issuer.ts';
import { UserAgent } from './user-agent.ts';

/** The flows that most tests start with: authorization request, sign-in and consent, token request. */

export const WEB = {
  id: 'demo-web',
  secret: 'demo-web-secret',
  redirectUri: 'http://localhost:3002/callback',
};
export const MACHINE = { id: 'demo-machine', secret: 'demo-machine-secret' };
export const API = 'http://localhost:3001';

export interface AuthorizationRequest {
  url: URL;
  verifier: string;
  state: string;
  nonce: string;
}

/** An authorization request of the demo web client; `undefined` leaves a parameter out. */
export function authorizationRequest(
  issuer: string,
  parameters: Record<string, string | undefined> = {},
): AuthorizationRequest {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('base64url');
  const nonce = randomBytes(8).toString('base64url');
  const url = new URL(issuerUrl(issuer, '/authorize'));
  const all: Record<string, string | undefined> = {
    client_id: WEB.id,
    response_type: 'code',
    redirect_uri: WEB.redirectUri,
    scope: 'openid profile email',
    state,
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  };
  for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value);
  return { url, verifier, state, nonce };
}

/** Submits the sign-in and consent pages as they come. @returns the redirect URI with its parameters */
export async function authorize(
  agent: UserAgent,
  request: AuthorizationRequest,
  person: { username: string; password: string } = DEMO_ACCOUNT,
): Promise<URL> {
  let { response, url } = await agent.follow(request.url);
  for (let steps = 0; steps < 4 && url.origin === request.url.origin; steps += 1) {
    const html = await response.text();
    if (!html.includes('<form')) throw new Error(`no form at ${url.pathname}: ${response.status} ${html}`);
    const fields: Record<string, string> = html.includes('id="password"')
      ? { login: person.username, password: person.password }
      : {};
    ({ response, url } = await agent.submit({ url, html }, fields));
  }
  return url;
}

export interface TokenResponse {
  access_token: string;
  refresh_token?: string;
  id_token?: string;
  token_type: string;
  expires_in: number;
  scope?: string;
  error?: string;
  error_description?: string;
}

/** Posts to the token endpoint with `client_secret_basic`. */
export async function token(
  issuer: string,
  parameters: Record<string, string>,
  client: { id: string; secret: string } = WEB,
): Promise<{ response: Response; body: TokenResponse }> {
  const response = await fetch(issuerUrl(issuer, '/token'), {
    method: 'POST',
    headers: { Authorization: basic(client) },
    body: new URLSearchParams(parameters),
  });
  return { response, body: (await response.json()) as TokenResponse };
}

export function basic({ id, secret }: { id: string; secret: string }): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
}

/** The complete authorization code flow. */
export async function signIn(
  issuer: string,
  options: {
    agent?: UserAgent;
    parameters?: Record<string, string | undefined>;
    client?: typeof WEB;
    person?: { username: string; password: string };
  } = {},
): Promise<{ agent: UserAgent; tokens: TokenResponse; request: AuthorizationRequest; code: string }> {
  const { agent = new UserAgent(), parameters = {}, client = WEB, person } = options;
  const request = authorizationRequest(issuer, {
    client_id: client.id,
    redirect_uri: client.redirectUri,
    ...parameters,
  });
  const callback = await authorize(agent, request, person);
  const code = callback.searchParams.get('code');
  if (code === null) throw new Error(`no code in ${callback.href}`);
  const { body } = await redeem(issuer, code, request, client);
  return { agent, tokens: body, request, code };
}

export async function redeem(issuer: string, code: string, request: AuthorizationRequest, client = WEB) {
  return await token(
    issuer,
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: client.redirectUri,
      code_verifier: request.verifier,
    },
    client,
  );
}
