import assert from 'node:assert/strict';
import { authorizationRequest, basic, WEB } from '../../support/flow.ts';
import { UserAgent } from '../../support/user-agent.ts';
import type { Stage } from './stage.ts';

/**
 * Responses in the abbreviations of the list of cases: `R(invalid_scope)` and `R(code)` for redirects to the client, `303 /interaction` for
 * one within Signet, `400 invalid_grant` for JSON, `400 page` for HTML, and `200`.
 */
export async function answer(stage: Stage, response: Response): Promise<string> {
  const body = await response.text();
  assertNothingLeaks(response, body);
  const location = response.headers.get('location');
  if (location !== null) return redirect(stage, response.status, new URL(location, response.url));
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/html')) return `${response.status} page`;
  if (!type.includes('json')) return String(response.status);
  const { error } = JSON.parse(body) as { error?: string };
  return error === undefined ? String(response.status) : `${response.status} ${error}`;
}

/** Text that no response may contain: stack traces, paths, SQL, terms of the store. */
export function assertNothingLeaks(response: { status: number }, body: string): void {
  assert.doesNotMatch(body, /\n\s+at |node_modules|\.ts:\d|\/src\/|SQLITE_|SELECT .* FROM|ECONN|ReplyError/);
  assert.ok(response.status <= 501 && response.status !== 500, `${response.status} ${body}`);
}

function redirect(stage: Stage, status: number, to: URL): string {
  if (to.origin === stage.issuer) return `${status} /${to.pathname.split('/')[1]}`;
  const parameters = new URLSearchParams(to.search === '' ? to.hash.slice(1) : to.search);
  assert.equal(status, 303, 'a redirect after a POST must not repeat it (RFC 9700 §4.12)');
  assert.equal(parameters.get('iss'), stage.issuer, 'RFC 9207 §2');
  for (const name of ['access_token', 'id_token', 'refresh_token']) assert.ok(!parameters.has(name), name);
  return `R(${parameters.get('error') ?? (parameters.has('code') ? 'code' : 'nothing')})`;
}

/**
 * Sends an authorization request that is valid except for `parameters`, and returns the abbreviated response. A redirect to the client must go to its
 * redirect URI with the `state` of the request.
 * @param parameters undefined leaves one out, a list sends it several times
 */
export async function authorizationAnswer(
  stage: Stage,
  parameters: Record<string, string | readonly string[] | undefined>,
  agent = new UserAgent(),
): Promise<string> {
  const { url, state } = authorizationRequest(stage.issuer);
  for (const [name, value] of Object.entries(parameters)) {
    url.searchParams.delete(name);
    for (const each of [value ?? []].flat()) url.searchParams.append(name, each);
  }
  const response = await agent.get(url);
  const location = response.headers.get('location');
  if (location !== null && !location.startsWith('/') && !location.startsWith(`${stage.issuer}/`)) {
    const back = new URL(location);
    const given = url.searchParams.getAll('redirect_uri');
    const uri = given[0] ?? 'no redirect URI';
    assert.ok(location.startsWith(uri) && /[?#&]/.test(location.charAt(uri.length)), location);
    if (!('state' in parameters)) {
      const sent = back.searchParams.get('state') ?? new URLSearchParams(back.hash.slice(1)).get('state');
      assert.equal(sent, state);
    }
  }
  return await answer(stage, response);
}

/** Posts to the token endpoint with `client_secret_basic`. @returns the abbreviated response */
export async function tokenAnswer(
  stage: Stage,
  fields: Record<string, string>,
  client: { id: string; secret: string } = WEB,
): Promise<string> {
  const response = await fetch(`${stage.issuer}/token`, {
    method: 'POST',
    headers: { Authorization: basic(client) },
    body: new URLSearchParams(fields),
  });
  assert.equal(response.headers.get('cache-control'), 'no-store');
  return await answer(stage, response);
}

/** `expected` when each request gets that answer (`authorizationAnswer`), otherwise an error with the first that does not. */
export async function sameAnswer(
  stage: Stage,
  cases: readonly Record<string, string | readonly string[]>[],
  expected: string,
): Promise<string> {
  for (const parameters of cases) {
    const seen = await authorizationAnswer(stage, parameters);
    assert.equal(seen, expected, JSON.stringify(parameters).slice(0, 100));
  }
  return expected;
}
