import { createHash, randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { hasInbox, INBOX_PATH } from '../account-pages/development-inbox.ts';
import type { Config } from '../config/config.ts';
import { issuerUrl } from '../config/issuer.ts';
import { PATHS } from '../http/paths.ts';
import { commandConfig } from './context.ts';
import { signInDemoAccount } from './demo-person.ts';
import { printLine, visibleJson } from './output.ts';

/** `signet demo`: the requests of an app against the running server, without a browser. Each step checks the result. */
export function register(program: Command): void {
  program
    .command('demo')
    .summary('try both grants and the sample API against the running server')
    .description(
      'Gets tokens with the client credentials and the authorization code grant from the server that `signet dev` runs,\n' +
        'prints them decoded, and calls the sample API with valid and invalid ones. The exit code is 0 only if every step passed.',
    )
    .action(async (_options: unknown, command: Command) => {
      await runDemo(commandConfig(command));
    });
}

/** A step of the demo had another result than expected. */
class DemoError extends Error {
  override readonly name = 'DemoError';
}

const WEB = { id: 'demo-web', secret: 'demo-web-secret' };
const MACHINE = { id: 'demo-machine', secret: 'demo-machine-secret' };

async function runDemo(config: Config): Promise<void> {
  const { issuer, samples } = config;
  printLine('1. Client credentials: a machine gets an access token');
  const machine = await token(issuer, MACHINE, { grant_type: 'client_credentials', scope: 'messages:read' });
  show('access token', machine.access_token);

  printLine('2. Authorization code with PKCE: a person signs in');
  const person = await authorizationCode(issuer, `${samples.app}/callback`);
  show('ID token', person.id_token);
  show('access token', person.access_token);

  printLine('3. The sample API');
  const good = String(machine.access_token);
  await callApi(samples.api, 'GET', good, 200, 'with a valid token');
  await callApi(samples.api, 'GET', undefined, 401, 'without a token');
  await callApi(samples.api, 'POST', good, 403, 'with insufficient scope');
  await callApi(samples.api, 'GET', tamper(good), 401, 'with a tampered token');
  await callApi(
    samples.api,
    'POST',
    String(person.access_token),
    201,
    'with the token of the person, who consented to writing',
  );

  printLine('4. Refresh: the app gets new tokens without the person');
  const refreshed = await token(issuer, WEB, {
    grant_type: 'refresh_token',
    refresh_token: String(person.refresh_token),
  });
  if (refreshed.refresh_token === person.refresh_token)
    throw new DemoError('the refresh token was not rotated');
  await callApi(samples.api, 'GET', String(refreshed.access_token), 200, 'with the new access token');
  printLine('\nAll steps passed.');
  if (hasInbox(config)) printLine(`Mails to people: ${issuerUrl(issuer, INBOX_PATH)}`);
}

async function authorizationCode(issuer: string, redirectUri: string): Promise<Record<string, unknown>> {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const url = new URL(issuerUrl(issuer, PATHS.authorization));
  url.search = new URLSearchParams({
    client_id: WEB.id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid profile email offline_access messages:read messages:write',
    prompt: 'consent',
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const callback = await signInDemoAccount(url);
  if (callback.searchParams.get('state') !== state)
    throw new DemoError('the response has another state than the request');
  if (callback.searchParams.get('iss') !== issuer) throw new DemoError('the response names another issuer');
  const code = callback.searchParams.get('code');
  if (code === null) throw new DemoError(`the response has no code: ${callback.searchParams.get('error')}`);
  return await token(issuer, WEB, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
}

async function token(
  issuer: string,
  client: { id: string; secret: string },
  parameters: Record<string, string>,
): Promise<Record<string, unknown>> {
  const response = await request(new URL(issuerUrl(issuer, PATHS.token)), {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
    body: new URLSearchParams(parameters),
  });
  const body = (await response.json()) as Record<string, unknown>;
  if (response.status !== 200) {
    throw new DemoError(`the token endpoint answered ${response.status}: ${String(body.error)}`);
  }
  return body;
}

async function callApi(
  api: string,
  method: 'GET' | 'POST',
  bearer: string | undefined,
  expected: number,
  what: string,
): Promise<void> {
  const response = await request(new URL('/messages', api), {
    method,
    headers: {
      ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
      ...(method === 'POST' && { 'Content-Type': 'application/json' }),
    },
    ...(method === 'POST' && { body: JSON.stringify({ text: 'Hello from the demo' }) }),
  });
  await response.body?.cancel();
  const passed = response.status === expected;
  printLine(`   ${passed ? 'ok ' : 'NOT'} ${method} /messages ${what}: ${response.status}`);
  if (!passed) throw new DemoError(`expected ${expected} ${what}, got ${response.status}`);
}

async function request(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new DemoError(`there is no server at ${url.origin}; run npm start in another terminal`, {
      cause: error,
    });
  }
}

function show(name: string, jwt: unknown): void {
  printLine(
    `   ${name}: ${visibleJson({ header: decodeProtectedHeader(String(jwt)), payload: decodeJwt(String(jwt)) }).replaceAll('\n', '\n   ')}`,
  );
}

/** Changes the payload and keeps the signature. */
function tamper(jwt: string): string {
  const [header, payload, signature] = jwt.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  const forged = Buffer.from(
    JSON.stringify({ ...claims, sub: 'mallory', scope: 'messages:read messages:write' }),
  );
  return `${header}.${forged.toString('base64url')}.${signature}`;
}
