import assert from 'node:assert/strict';
import { authorizationRequest, authorize, basic, MACHINE, signIn, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SPA = { id: 'spa', secret: '', redirectUri: 'http://localhost:5173/cb' };
/** More than the tests before use. */
const LIMIT = 10;

describe('a public client that sends Basic with an empty secret (RFC 6749 §2.3.1)', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      limits: { wrongClientSecrets: LIMIT },
      clients: [
        {
          client_id: SPA.id,
          token_endpoint_auth_method: 'none',
          redirect_uris: [SPA.redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: 'openid offline_access',
        },
      ],
    });
  });
  after(() => server.stop());

  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(server.issuer + path, { method: 'POST', headers, body: new URLSearchParams(fields) });
  const EMPTY = { Authorization: basic(SPA) };
  const summary = async (response: Response) => {
    const { trace_id: _id, ...body } = JSON.parse((await response.text()) || '{}') as Record<string, unknown>;
    return [response.status, response.headers.get('www-authenticate'), body];
  };

  it('gets tokens, refreshes and revokes them', async () => {
    const parameters = { scope: 'openid offline_access', prompt: 'consent' };
    const { tokens } = await signIn(server.issuer, { client: SPA, parameters });
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' };
    const refreshed = await post('/token', refresh, EMPTY);
    assert.equal(refreshed.status, 200);
    const { refresh_token: next } = (await refreshed.json()) as { refresh_token: string };
    assert.equal((await post('/revoke', { token: next }, EMPTY)).status, 200);
    const ended = await post('/token', { ...refresh, refresh_token: next }, EMPTY);
    assert.equal(((await ended.json()) as { error: string }).error, 'invalid_grant');
  });

  it('pushes authorization requests, and names itself in the form too or not', async () => {
    const request = authorizationRequest(server.issuer, {
      client_id: SPA.id,
      redirect_uri: SPA.redirectUri,
      scope: 'openid',
    });
    const form = Object.fromEntries(request.url.searchParams);
    const pushed = await post('/par', form, EMPTY);
    assert.equal(pushed.status, 201);
    const { request_uri: reference } = (await pushed.json()) as { request_uri: string };
    const url = new URL(`${server.issuer}/authorize`);
    url.search = new URLSearchParams({ client_id: SPA.id, request_uri: reference }).toString();
    const back = await authorize(new UserAgent(), { ...request, url });
    const fields = {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: SPA.redirectUri,
      code_verifier: request.verifier,
      client_id: '',
      client_secret: '',
    };
    assert.equal((await post('/token', fields, EMPTY)).status, 200);
  });

  for (const [path, fields] of [
    ['/token', { grant_type: 'authorization_code', code: 'x', redirect_uri: SPA.redirectUri }],
    ['/token', { grant_type: 'client_credentials' }],
    ['/par', { response_type: 'code', client_id: SPA.id }],
    ['/introspect', { token: 'x' }],
    ['/revoke', { token: 'x' }],
    ['/revoke', {}],
  ] as const) {
    it(`gets the answer of one without credentials: ${path} ${Object.keys(fields).join(' ')}`, async () => {
      const without = await summary(await post(path, { client_id: SPA.id, ...fields }));
      assert.deepEqual(await summary(await post(path, fields, EMPTY)), without);
      assert.deepEqual(await summary(await post(path, { client_id: SPA.id, ...fields }, EMPTY)), without);
    });
  }

  const refused: [what: string, authorization: string, fields: Record<string, string>, expected: string][] = [
    ['a secret', basic({ ...SPA, secret: 'x' }), {}, '401 invalid_client'],
    ['client_id of another client', basic(SPA), { client_id: WEB.id }, '400 invalid_request'],
    ['a secret in the form', basic(SPA), { client_secret: 'x' }, '400 invalid_request'],
    ['an assertion', basic(SPA), { client_assertion: 'a.b.c' }, '400 invalid_request'],
    ['no colon', `Basic ${btoa(SPA.id)}`, {}, '400 invalid_request'],
    ['no id', `Basic ${btoa(':')}`, {}, '400 invalid_request'],
    ['another scheme', `Bearer ${btoa('spa:')}`, {}, '400 invalid_request'],
    ['a confidential client', basic({ ...WEB, secret: '' }), {}, '400 invalid_request'],
    ['a machine client', basic({ ...MACHINE, secret: '' }), {}, '400 invalid_request'],
    ['an unknown client', basic({ id: 'unknown', secret: '' }), {}, '400 invalid_request'],
    ['a property name of every object', basic({ id: '__proto__', secret: '' }), {}, '400 invalid_request'],
  ];
  for (const [what, authorization, fields, expected] of refused) {
    it(`is refused with ${what}`, async () => {
      const form = { grant_type: 'authorization_code', code: 'x', redirect_uri: 'x', ...fields };
      const response = await post('/token', form, { Authorization: authorization });
      const { error } = (await response.json()) as { error: string };
      assert.equal(`${response.status} ${error}`, expected);
    });
  }

  it('is counted with those that it sends without credentials', async () => {
    const statuses = new Set<number>();
    for (let index = 0; index < 2 * LIMIT + 2; index += 1) {
      const fields = { token: 'x', ...(index % 2 === 0 && { client_id: SPA.id }) };
      statuses.add((await post('/introspect', fields, index % 2 === 0 ? {} : EMPTY)).status);
    }
    assert.deepEqual([...statuses], [401, 429]);
    const body = { token: 'x' };
    assert.deepEqual(
      await summary(await post('/introspect', body, EMPTY)),
      await summary(await post('/introspect', { ...body, client_id: SPA.id })),
    );
    // It has no secret that could be guessed.
    assert.equal((await post('/revoke', body, EMPTY)).status, 200);
  });
});

describe('the answer of /revoke', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  for (const [what, scope] of [
    ['an opaque token', 'openid'],
    ['a JWT', 'openid messages:read'],
  ] as const) {
    it(`is an empty JSON object, for ${what}, one that has ended and an unknown one (RFC 7009 §2.2)`, async () => {
      const { tokens } = await signIn(server.issuer, { parameters: { scope } });
      for (const value of [tokens.access_token, tokens.access_token, 'unknown']) {
        const response = await fetch(`${server.issuer}/revoke`, {
          method: 'POST',
          headers: { Authorization: basic(WEB) },
          body: new URLSearchParams({ token: value }),
        });
        const { headers } = response;
        assert.deepEqual(
          [response.status, headers.get('content-type'), await response.text()],
          [200, 'application/json; charset=utf-8', '{}'],
        );
      }
    });
  }

  it('is JSON for an error', async () => {
    const response = await fetch(`${server.issuer}/revoke`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
    });
    assert.equal(response.status, 400);
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  });
});
