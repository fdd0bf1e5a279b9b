import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { openStore } from '../../src/store/open.ts';
import { FRONT_CHANNEL_TYPES, RESPONSE_TYPES } from '../../src/clients/response-types.ts';
import {
  type AuthorizationResponse,
  readAuthorizationResponse,
  responseAt,
} from '../support/authorization-response.ts';
import { authorizationRequest, authorize, basic, redeem, WEB } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const ORDERS = 'https://orders.example';
const PRIVATE = 'https://private.example';
const HYBRID = { id: 'hybrid', secret: SECRET, redirectUri: WEB.redirectUri };

const CONFIGURATION = {
  apis: [
    { audience: ORDERS, name: 'Orders', scopes: { 'orders:read': 'See your orders' } },
    { audience: PRIVATE, name: 'Private', scopes: { 'private:read': 'Read' }, userinfo: false },
  ],
  clients: [
    {
      client_id: HYBRID.id,
      client_secret: SECRET,
      redirect_uris: [WEB.redirectUri],
      grant_types: ['authorization_code', 'implicit', 'refresh_token'],
      response_types: [...RESPONSE_TYPES],
      first_party: true,
      scope: 'openid profile email offline_access orders:read private:read',
    },
    {
      client_id: 'spa',
      token_endpoint_auth_method: 'none' as const,
      redirect_uris: [WEB.redirectUri],
      grant_types: ['implicit'],
      response_types: ['token id_token'],
      scope: 'openid',
    },
  ],
};

const sha256Half = (value: string): string =>
  createHash('sha256').update(value).digest().subarray(0, 16).toString('base64url');

describe('implicit and hybrid flows (OpenID Connect Core §3.2, §3.3)', () => {
  let server: TestServer;
  let operator: Operator;
  let agent: UserAgent;
  before(async () => {
    server = await startTestServer(CONFIGURATION);
    operator = await operate(server);
    agent = new UserAgent();
    await authorize(agent, authorizationRequest(server.issuer, { client_id: HYBRID.id }));
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  /** A request of the browser that is signed in. */
  async function respond(parameters: Record<string, string | undefined>) {
    const request = authorizationRequest(server.issuer, { client_id: HYBRID.id, ...parameters });
    const response = await readAuthorizationResponse(await agent.get(request.url));
    return { request, ...response };
  }
  const verify = async (idToken: string, audience = HYBRID.id) =>
    (
      await jwtVerify(idToken, createRemoteJWKSet(new URL(`${server.issuer}/jwks`)), {
        issuer: server.issuer,
        audience,
      })
    ).payload;
  const userinfo = (accessToken: string) =>
    fetch(`${server.issuer}/userinfo`, { headers: { Authorization: `Bearer ${accessToken}` } });

  const TOKEN = ['access_token', 'expires_in', 'scope', 'token_type'];
  const MEMBERS: Readonly<Record<string, readonly string[]>> = {
    code: ['code'],
    id_token: ['id_token'],
    token: TOKEN,
  };

  for (const type of RESPONSE_TYPES) {
    it(`answers ${type} in each of its modes`, async () => {
      const types = type.split(' ');
      const expected = [...types.flatMap((each) => MEMBERS[each]!), 'iss', 'state'];
      const byDefault = type === 'code' ? 'query' : 'fragment';
      for (const mode of [undefined, 'fragment', 'form_post']) {
        const answer = await respond({ response_type: type, response_mode: mode });
        assert.equal(answer.mode, mode ?? byDefault);
        assert.equal(answer.to, WEB.redirectUri);
        const { parameters, request } = answer;
        assert.deepEqual(Object.keys(parameters).toSorted(), expected.toSorted());
        assert.deepEqual([parameters.state, parameters.iss], [request.state, server.issuer]);
        if (types.includes('id_token')) await checkIdToken(answer);
        if (types.includes('token')) {
          assert.deepEqual([parameters.token_type, parameters.scope], ['Bearer', 'openid profile email']);
          assert.equal(Number(parameters.expires_in), server.config.lifetimes.accessToken);
          assert.equal((await userinfo(parameters.access_token!)).status, 200);
        }
        if (types.includes('code')) {
          const { body } = await redeem(server.issuer, parameters.code!, request, HYBRID);
          assert.equal(decodeJwt(String(body.id_token)).nonce, request.nonce);
        }
      }
    });
  }

  /** Core §3.3.2.11, FAPI 1.0 Advanced §5.1. */
  async function checkIdToken({
    parameters,
    request,
  }: AuthorizationResponse & { request: { nonce: string } }) {
    const claims = await verify(parameters.id_token!);
    const hash = (value: string | undefined) => (value === undefined ? undefined : sha256Half(value));
    assert.deepEqual(
      [claims.nonce, claims.c_hash, claims.at_hash, claims.s_hash],
      [request.nonce, hash(parameters.code), hash(parameters.access_token), hash(parameters.state)],
    );
    const { sub } = claims;
    assert.equal(typeof claims.sid, 'string');
    // Core §5.4: the claims of the scopes are in the ID token when no access token is issued.
    assert.equal(claims.email, Object.keys(parameters).length === 3 ? 'alice@example.com' : undefined, sub);
  }

  for (const type of FRONT_CHANNEL_TYPES) {
    it(`never answers ${type} in the query`, async () => {
      const { mode, parameters } = await respond({ response_type: type, response_mode: 'query' });
      assert.deepEqual([mode, parameters.error], ['fragment', 'invalid_request']);
    });
  }

  it('requires a nonce where an ID token is sent, of spaces at least (Core §3.2.2.1)', async () => {
    for (const type of FRONT_CHANNEL_TYPES) {
      const { mode, parameters } = await respond({ response_type: type, nonce: undefined });
      const isNeeded = type.includes('id_token');
      assert.deepEqual(
        [mode, parameters.error],
        ['fragment', isNeeded ? 'invalid_request' : undefined],
        type,
      );
    }
  });

  it('needs no PKCE for a response without a code, and applies the policy to one with it', async () => {
    const without = { code_challenge: undefined, code_challenge_method: undefined };
    const errorOf = async (type: string, nonce?: string) =>
      (await respond({ ...without, response_type: type, ...(nonce === '' && { nonce: undefined }) }))
        .parameters.error;
    assert.equal(await errorOf('id_token token'), undefined);
    // A nonce counts as PKCE for this client.
    assert.equal(await errorOf('code id_token'), undefined);
    assert.equal(await errorOf('code token', ''), 'invalid_request');
  });

  it('takes the values in any order', async () => {
    const { parameters } = await respond({ response_type: 'token id_token code' });
    assert.ok(parameters.code && parameters.id_token && parameters.access_token);
  });

  it('answers errors in the fragment and in a form, with state and iss', async () => {
    for (const mode of ['fragment', 'form_post']) {
      const parameters = { response_type: 'id_token', response_mode: mode, prompt: 'none', max_age: 'x' };
      const answer = await respond(parameters);
      assert.deepEqual(
        [answer.mode, answer.parameters.error, answer.parameters.state, answer.parameters.iss],
        [mode, 'invalid_request', answer.request.state, server.issuer],
      );
    }
  });

  it('asks for sign-in and consent like any request, and answers a public client without a code', async () => {
    const request = authorizationRequest(server.issuer, {
      client_id: 'spa',
      response_type: 'id_token token',
      scope: 'openid',
    });
    const back = responseAt(await authorize(new UserAgent(), request));
    assert.equal(back.mode, 'fragment');
    const claims = await verify(back.parameters.id_token!, 'spa');
    assert.equal(claims.at_hash, sha256Half(back.parameters.access_token!));
    const response = await fetch(`${server.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'implicit', client_id: 'spa' }),
    });
    assert.deepEqual(
      [response.status, ((await response.json()) as { error: string }).error],
      [400, 'unsupported_grant_type'],
    );
  });

  it('issues an access token for the API of the request, and only one', async () => {
    const inferred = await respond({ response_type: 'code token', scope: 'openid orders:read' });
    const claims = decodeJwt(inferred.parameters.access_token!);
    assert.deepEqual(claims.aud, [ORDERS, `${server.issuer}/userinfo`]);
    assert.deepEqual([claims.scope, claims.ends_with_session], ['openid orders:read', true]);
    assert.equal((await userinfo(inferred.parameters.access_token!)).status, 200);
    const named = await respond({
      response_type: 'id_token token',
      scope: 'openid email private:read',
      resource: PRIVATE,
    });
    assert.equal(decodeJwt(named.parameters.access_token!).aud, PRIVATE);
    assert.equal(named.parameters.scope, 'private:read');
    // Not good for userinfo, and there is no other one.
    assert.equal(decodeJwt(named.parameters.id_token!).email, 'alice@example.com');
    const two = authorizationRequest(server.issuer, {
      client_id: HYBRID.id,
      response_type: 'code token',
    }).url;
    for (const resource of [ORDERS, PRIVATE]) two.searchParams.append('resource', resource);
    const refused = await readAuthorizationResponse(await agent.get(two));
    assert.equal(refused.parameters.error, 'invalid_target');
  });

  it('ends the tokens with the session, also a JWT', async () => {
    const other = new UserAgent();
    other.headers['User-Agent'] = 'other';
    const request = authorizationRequest(server.issuer, {
      client_id: HYBRID.id,
      response_type: 'id_token token',
    });
    const opaque = responseAt(await authorize(other, request)).parameters;
    const forApi = authorizationRequest(server.issuer, {
      client_id: HYBRID.id,
      response_type: 'code token',
      scope: 'openid orders:read',
    });
    const jwt = (await readAuthorizationResponse(await other.get(forApi.url))).parameters;
    const isActive = async (token: string) => {
      const response = await fetch(`${server.issuer}/introspect`, {
        method: 'POST',
        headers: { Authorization: basic(HYBRID) },
        body: new URLSearchParams({ token }),
      });
      return ((await response.json()) as { active: boolean }).active;
    };
    const tokens = [opaque.access_token!, jwt.access_token!];
    assert.deepEqual(await Promise.all(tokens.map(isActive)), [true, true]);
    const { sub } = decodeJwt(opaque.id_token!);
    const { sessions } = await operator.sessions.list(String(sub), { limit: 10 });
    const session = sessions.find(({ userAgent }) => userAgent === 'other');
    await operator.sessions.end(String(sub), String(session?.handle));
    assert.deepEqual(await Promise.all(tokens.map(isActive)), [false, false]);
  });

  it('is what a library expects of them', async () => {
    const discover = async (use: (config: oidc.Configuration) => void) =>
      await oidc.discovery(new URL(server.issuer), HYBRID.id, SECRET, undefined, {
        execute: [oidc.allowInsecureRequests, use],
      });
    const implicit = await discover(oidc.useIdTokenResponseType);
    const ask = async (config: oidc.Configuration, more: Record<string, string>) => {
      const parameters = { redirect_uri: WEB.redirectUri, scope: 'openid email', nonce: 'n', state: 's' };
      const url = oidc.buildAuthorizationUrl(config, { ...parameters, ...more });
      return new URL((await agent.get(url)).headers.get('location') ?? '');
    };
    const claims = await oidc.implicitAuthentication(implicit, await ask(implicit, {}), 'n', {
      expectedState: 's',
    });
    assert.equal(claims.email, 'alice@example.com');
    const hybrid = await discover((config) => {
      oidc.useCodeIdTokenResponseType(config);
      oidc.enableDetachedSignatureResponseChecks(config);
    });
    const verifier = oidc.randomPKCECodeVerifier();
    const challenge = await oidc.calculatePKCECodeChallenge(verifier);
    const back = await ask(hybrid, { code_challenge: challenge, code_challenge_method: 'S256' });
    const tokens = await oidc.authorizationCodeGrant(hybrid, back, {
      expectedNonce: 'n',
      expectedState: 's',
      pkceCodeVerifier: verifier,
    });
    assert.equal(tokens.claims()?.sub, claims.sub);
  });

  it('lists the types and modes in discovery', async () => {
    const response = await fetch(`${server.issuer}/.well-known/openid-configuration`);
    const metadata = (await response.json()) as Record<string, string[]>;
    assert.deepEqual(metadata.response_types_supported?.toSorted(), [...RESPONSE_TYPES].toSorted());
    assert.deepEqual(metadata.response_modes_supported, ['form_post', 'fragment', 'query']);
  });

  it('records the tokens in the audit trail and the metrics', async () => {
    await respond({ response_type: 'id_token token', scope: 'openid email' });
    await respond({ response_type: 'id_token', scope: 'openid' });
    const metrics = await server.running.metrics.expose();
    assert.match(metrics, /tokens_issued_total\{[^}]*grant_type="implicit"[^}]*\} \d+/);
    // Events are written a moment later, at the latest when the server stops.
    await server.restart();
    const store = await openStore(server.config.store, { clock: Date.now });
    const events = await store.audit.list({ type: 'token.issued', limit: 2 });
    await store.close();
    assert.deepEqual(
      events.map(({ clientId, detail }) => [clientId, detail]),
      [
        [HYBRID.id, { grantType: 'implicit', scope: 'openid' }],
        [HYBRID.id, { grantType: 'implicit', scope: 'openid email' }],
      ],
    );
  });
});
