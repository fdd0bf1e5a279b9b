import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { FRONT_CHANNEL_TYPES, RESPONSE_TYPES } from '../../src/clients/response-types.ts';
import {
  type AuthorizationResponse,
  readAuthorizationResponse,
  responseAt,
} from '../support/authorization-response.ts';
import { authorizationRequest, authorize, redeem, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const HYBRID = { id: 'hybrid', secret: SECRET, redirectUri: WEB.redirectUri };

const CONFIGURATION = {
  clients: [
    {
      client_id: HYBRID.id,
      client_secret: SECRET,
      redirect_uris: [WEB.redirectUri],
      grant_types: ['authorization_code', 'implicit'],
      response_types: [...RESPONSE_TYPES],
      first_party: true,
      scope: 'openid profile email',
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
  let agent: UserAgent;
  before(async () => {
    server = await startTestServer(CONFIGURATION);
    agent = new UserAgent();
    await authorize(agent, authorizationRequest(server.issuer, { client_id: HYBRID.id }));
  });
  after(() => server.stop());

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

  it('requires a nonce where an ID token is sent (Core §3.2.2.1)', async () => {
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
});
