import assert from 'node:assert/strict';
import { generateKeyPair, SignJWT } from 'jose';
import { AssertingClient } from '../support/client-assertion.ts';
import { withClock } from '../support/clock.ts';
import {
  API,
  authorizationRequest,
  authorize,
  basic,
  MACHINE,
  redeem,
  signIn,
  WEB,
} from '../support/flow.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a+secret/of-more-than-32-characters';
const OLD = { id: 'old', secret: 'an-old-secret' };
const ENDPOINTS = ['/token', '/par', '/introspect', '/revoke'];
const MACHINE_GRANT = { grant_type: 'client_credentials', scope: 'messages:read' };

describe('error details in development name', () => {
  let server: TestServer;
  let robot: AssertingClient;
  before(async () => {
    robot = await AssertingClient.create('robot');
    const machine = { grant_types: ['client_credentials' as const], scope: 'messages:read' };
    server = await startTestServer({
      clients: [
        { ...robot.metadata, ...machine, redirect_uris: [], response_types: [] },
        { ...machine, client_id: 'plus', client_secret: SECRET },
        {
          client_id: 'spa',
          token_endpoint_auth_method: 'none',
          redirect_uris: ['http://localhost:5173/cb'],
          response_modes: ['query', 'fragment'],
          scope: 'openid',
        },
      ],
    });
    const operator = await operate(server);
    await operator.clients.add({ ...machine, client_id: OLD.id }, { secret: OLD.secret });
    await operator.clients.rotateSecret(OLD.id, { overlap: 1 });
    await operator.close();
  });
  after(() => server.stop());

  /** @returns `error: error_detail` */
  async function post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
    const response = await fetch(server.issuer + path, {
      method: 'POST',
      headers,
      body: new URLSearchParams(fields),
    });
    return said(await response.text());
  }
  const asClient = (client: { id: string; secret: string }) => ({ Authorization: basic(client) });
  function said(body: string): string {
    const { error, error_detail: detail } = JSON.parse(body) as Record<string, string>;
    return `${error}: ${detail}`;
  }

  for (const path of ENDPOINTS) {
    it(`${path}: the unknown client and the nearest one, and a wrong secret`, async () => {
      const unknown =
        'invalid_client: no client has the client_id of the request; received client_id: demo-machnie; did you mean: demo-machine; also registered: demo-api, demo-web, old, plus, robot, spa';
      const typo = { id: 'demo-machnie', secret: 'x' };
      assert.equal(await post(path, { token: 'x' }, asClient(typo)), unknown);
      assert.equal(await post(path, { token: 'x', client_id: typo.id, client_secret: 'x' }), unknown);
      assert.equal(await post(path, { token: 'x', client_id: typo.id }), unknown);
      const assertion = await robot.parameters(server.issuer, { sub: typo.id });
      assert.equal(await post(path, { token: 'x', ...assertion }), unknown);
      const wrong = 'invalid_client: the client_secret of "demo-machine" is wrong';
      assert.equal(await post(path, { token: 'x' }, asClient({ ...MACHINE, secret: 'wrong' })), wrong);
    });

    it(`${path}: a missing client_id`, async () => {
      assert.equal(
        await post(path, { token: 'x' }),
        'invalid_request: the request has no client_id, no Authorization header and no client_assertion',
      );
    });

    it(`${path}: the authentication method of the request and the registered one`, async () => {
      assert.equal(
        await post(path, { token: 'x', client_id: 'robot', client_secret: 'x' }),
        'invalid_client: the request authenticates by client_secret_post; the client is registered for private_key_jwt',
      );
      assert.equal(
        await post(path, { token: 'x', client_id: MACHINE.id }),
        'invalid_client: the request authenticates by none; the client is registered for client_secret_basic',
      );
    });
  }

  it('an expired secret, and one that was not form-encoded for Basic (RFC 6749 §2.3.1)', async () => {
    await withClock(async (clock) => {
      clock.advance(2);
      assert.match(
        await post('/token', MACHINE_GRANT, asClient(OLD)),
        /^invalid_client: the client_secret of "old" expired at \d{4}-\d\d-\d\dT[\d:.]+Z$/,
      );
    });
    const unencoded = `Basic ${btoa(`plus:${SECRET}`)}`;
    assert.equal(
      await post('/token', MACHINE_GRANT, { Authorization: unencoded }),
      'invalid_client: the client_secret of "plus" is wrong once it is decoded: form-encode id and secret before the base64 of Basic (RFC 6749 §2.3.1)',
    );
  });

  it('a secret that was sent as client_id, without repeating it', async () => {
    assert.equal(
      await post('/token', MACHINE_GRANT, asClient({ id: MACHINE.secret, secret: MACHINE.id })),
      'invalid_client: no client has the client_id of the request; it is the client_secret of: demo-machine',
    );
  });

  it('a public client at introspection', async () => {
    assert.equal(
      await post('/introspect', { token: 'x', client_id: 'spa' }),
      'invalid_client: a public client has no credentials, and introspection is for clients that have',
    );
  });

  it('an unknown API and the nearest one, in JSON and in the redirect (RFC 8707 §2)', async () => {
    const typo = 'http://localhost:3010';
    const detail = `"${typo}" is none of the declared APIs; did you mean: ${API}`;
    const fields = { ...MACHINE_GRANT, resource: typo };
    assert.equal(await post('/token', fields, asClient(MACHINE)), `invalid_target: ${detail}`);
    const { url } = authorizationRequest(server.issuer, { resource: typo });
    const response = await new UserAgent().get(url);
    const answer = new URL(response.headers.get('location') ?? '').searchParams;
    assert.deepEqual([response.status, answer.get('error')], [303, 'invalid_target']);
    assert.equal(answer.get('error_description'), 'unknown resource');
    assert.equal(answer.get('error_detail'), detail);
  });

  it('an audience that names no API', async () => {
    assert.equal(
      await post('/token', { ...MACHINE_GRANT, audience: 'http://localhost:3010' }, asClient(MACHINE)),
      `invalid_target: audience is "http://localhost:3010"; declare that API in apis, or send no audience; did you mean: ${API}`,
    );
  });

  it('a scope that the client is not registered for', async () => {
    assert.equal(
      await post('/token', { grant_type: 'client_credentials', scope: 'messages:reed' }, asClient(MACHINE)),
      'invalid_scope: "messages:reed" is none of the client\'s scopes: add it to scope of "demo-machine", or do not request it; received scope: messages:reed; did you mean: messages:read; scopes this client may ask for: messages:read, messages:write',
    );
  });

  it('an id_token_hint that was signed with another algorithm', async () => {
    const { url } = authorizationRequest(server.issuer, {
      id_token_hint: await new SignJWT({ iss: server.issuer, sub: 'x', aud: WEB.id })
        .setProtectedHeader({ alg: 'ES256' })
        .sign((await generateKeyPair('ES256')).privateKey),
    });
    const response = await new UserAgent().get(url);
    assert.equal(
      new URL(response.headers.get('location') ?? '').searchParams.get('error_detail'),
      'id_token_hint has alg "ES256"; ID tokens of the client have RS256',
    );
  });

  it('missing PKCE (RFC 7636)', async () => {
    const { url } = authorizationRequest(server.issuer, {
      code_challenge: undefined,
      code_challenge_method: undefined,
      nonce: undefined,
    });
    const response = await new UserAgent().get(url);
    assert.equal(
      new URL(response.headers.get('location') ?? '').searchParams.get('error_detail'),
      'pkce of the client is required_or_nonce; turn on PKCE with S256 in the client, or a nonce with the scope openid (RFC 9700 §2.1.1); if it has no such setting, register it with `pkce: optional`: in the file that declares it, or by `signet client update demo-web --pkce optional`',
    );
  });

  it('in the fragment of a response in that mode, and not in the query', async () => {
    const { url } = authorizationRequest(server.issuer, {
      client_id: 'spa',
      redirect_uri: 'http://localhost:5173/cb',
      response_mode: 'fragment',
      scope: 'nonsense',
      nonce: undefined,
    });
    const response = await new UserAgent().get(url);
    const { hash, search } = new URL(response.headers.get('location') ?? '');
    const answer = new URLSearchParams(hash.slice(1));
    assert.deepEqual([response.status, search, answer.get('error')], [303, '', 'invalid_scope']);
    assert.match(answer.get('error_detail') ?? '', /"nonsense" is none of the client's scopes/);
  });

  it('a grant type that there is not', async () => {
    assert.equal(
      await post('/token', { grant_type: 'password', username: 'a', password: 'b' }, asClient(WEB)),
      'unsupported_grant_type: grant_type is "password"; the client is registered for authorization_code, refresh_token',
    );
  });

  it('a grant type that the client is not registered for', async () => {
    assert.equal(
      await post('/token', { grant_type: 'refresh_token', refresh_token: 'x' }, asClient(MACHINE)),
      'unauthorized_client: grant_type is "refresh_token"; the client is registered for client_credentials',
    );
  });

  it('for a code: another client, redirect URI or verifier, a second use, an unknown code', async () => {
    const request = authorizationRequest(server.issuer);
    const code = (await authorize(new UserAgent(), request)).searchParams.get('code') ?? '';
    const fields = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: WEB.redirectUri,
      code_verifier: request.verifier,
    };
    const ask = (more: Record<string, string>) => post('/token', { ...fields, ...more }, asClient(WEB));
    const spa = { ...fields, client_id: 'spa' };
    assert.equal(
      await post('/token', spa),
      'invalid_grant: the code or refresh token was issued to another client',
    );
    assert.equal(
      await ask({ redirect_uri: 'http://localhost:3002/other' }),
      `invalid_grant: authorization code redirect_uri mismatch; received redirect_uri: http://localhost:3002/other; the authorization request had: ${WEB.redirectUri}`,
    );
    assert.equal(
      await ask({ code_verifier: 'v'.repeat(43) }),
      'invalid_grant: code_verifier does not fit the code_challenge of the authorization request: its SHA-256 in base64url is another',
    );
    assert.equal((await redeem(server.issuer, code, request)).response.status, 200);
    assert.equal(await ask({}), 'invalid_grant: authorization code already consumed');
    assert.equal(await ask({ code: 'nonsense' }), 'invalid_grant: authorization code not found');
  });

  it('for a refresh token: another API, another client, an unknown token', async () => {
    const { tokens } = await signIn(server.issuer, { parameters: { scope: 'openid messages:read' } });
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
    assert.equal(
      await post('/token', { ...fields, resource: 'https://a.example' }, asClient(WEB)),
      `invalid_target: resource is "https://a.example"; the grant is for ${API}`,
    );
    assert.equal(
      await post('/token', { ...fields, refresh_token: 'x' }, asClient(WEB)),
      'invalid_grant: refresh token not found',
    );
  });
});
