import assert from 'node:assert/strict';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../src/config/signing-algorithms.ts';
import { authorizationRequest, authorize, signIn, token, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const REDIRECT_URI = 'http://localhost:3002/callback';

const appFor = (alg: SigningAlgorithm) => ({ id: `app-${alg}`, secret: SECRET, redirectUri: REDIRECT_URI });

describe('ID tokens by algorithm (OpenID Connect Core §2)', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      signingAlgorithms: [...SIGNING_ALGORITHMS],
      clients: SIGNING_ALGORITHMS.map((alg) => ({
        client_id: appFor(alg).id,
        client_secret: SECRET,
        redirect_uris: [REDIRECT_URI],
        grant_types: ['authorization_code', 'refresh_token'],
        scope: 'openid email offline_access messages:read',
        id_token_signed_response_alg: alg,
        first_party: true,
      })),
    });
  });
  after(() => server.stop());

  const keySet = () => createRemoteJWKSet(new URL('/jwks', server.issuer));

  it('are listed in discovery, RS256 first', async () => {
    const response = await fetch(`${server.issuer}/.well-known/openid-configuration`);
    const metadata = (await response.json()) as Record<string, unknown>;
    assert.deepEqual(metadata.id_token_signing_alg_values_supported, [...SIGNING_ALGORITHMS, 'HS256']);
  });

  it('are RS256 for a client that has registered none', async () => {
    const { tokens } = await signIn(server.issuer);
    assert.equal(decodeProtectedHeader(tokens.id_token as string).alg, 'RS256');
  });

  for (const alg of SIGNING_ALGORITHMS) {
    const app = appFor(alg);

    it(`${alg}: of a code and of a refresh, verified by jose`, async () => {
      const { tokens } = await signIn(server.issuer, {
        client: app,
        parameters: { scope: 'openid offline_access', prompt: 'consent' },
      });
      const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
      const { body: refreshed } = await token(server.issuer, refresh, app);
      for (const { id_token: idToken } of [tokens, refreshed]) {
        const { protectedHeader } = await jwtVerify(idToken as string, keySet(), {
          issuer: server.issuer,
          audience: app.id,
          algorithms: [alg],
        });
        assert.equal(protectedHeader.alg, alg);
      }
    });

    it(`${alg}: accepted by oauth4webapi`, async () => {
      const issuer = new URL(server.issuer);
      const insecure = { [oauth.allowInsecureRequests]: true };
      const discovered = await oauth.discoveryRequest(issuer, insecure);
      const as = await oauth.processDiscoveryResponse(issuer, discovered);
      const registered: oauth.Client = { client_id: app.id, id_token_signed_response_alg: alg };
      const request = authorizationRequest(server.issuer, {
        client_id: app.id,
        redirect_uri: REDIRECT_URI,
        scope: 'openid',
      });
      const callback = await authorize(new UserAgent(), request);
      const parameters = oauth.validateAuthResponse(as, registered, callback, request.state);
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        registered,
        oauth.ClientSecretBasic(SECRET),
        parameters,
        REDIRECT_URI,
        request.verifier,
        insecure,
      );
      const result = await oauth.processAuthorizationCodeResponse(as, registered, response, {
        expectedNonce: request.nonce,
        requireIdToken: true,
      });
      await oauth.validateApplicationLevelSignature(as, response, insecure);
      assert.equal(oauth.getValidatedIdTokenClaims(result)?.aud, app.id);
    });

    it(`${alg}: accepted by openid-client`, async () => {
      const metadata = { id_token_signed_response_alg: alg };
      const configuration = await client.discovery(
        new URL(server.issuer),
        app.id,
        metadata,
        client.ClientSecretBasic(SECRET),
        { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
      );
      const request = authorizationRequest(server.issuer, {
        client_id: app.id,
        redirect_uri: REDIRECT_URI,
        scope: 'openid',
      });
      const callback = await authorize(new UserAgent(), request);
      const tokens = await client.authorizationCodeGrant(configuration, callback, {
        pkceCodeVerifier: request.verifier,
        expectedState: request.state,
        expectedNonce: request.nonce,
        idTokenExpected: true,
      });
      assert.equal(decodeProtectedHeader(tokens.id_token as string).alg, alg);
      assert.equal(tokens.claims()?.iss, server.issuer);
    });

    it(`${alg}: an id_token_hint signs out and signs in without a page`, async () => {
      const { agent, tokens } = await signIn(server.issuer, { client: app, parameters: { scope: 'openid' } });
      const hint = tokens.id_token as string;
      const { url } = authorizationRequest(server.issuer, {
        client_id: app.id,
        redirect_uri: REDIRECT_URI,
        scope: 'openid',
        prompt: 'none',
        id_token_hint: hint,
      });
      const location = new URL((await agent.get(url)).headers.get('location') as string);
      assert.ok(location.searchParams.has('code'), location.href);
      const query = new URLSearchParams({ id_token_hint: hint });
      const answer = await agent.get(`${server.issuer}/logout?${query.toString()}`);
      assert.deepEqual(
        [answer.status, answer.headers.get('location')],
        [303, `${server.issuer}/logout/success?client_id=${app.id}`],
      );
    });
  }

  it('are rejected as hints of a client with another algorithm', async () => {
    const { tokens } = await signIn(server.issuer, {
      client: appFor('ES256'),
      parameters: { scope: 'openid' },
    });
    const { url } = authorizationRequest(server.issuer, {
      prompt: 'none',
      id_token_hint: tokens.id_token,
    });
    const response = await new UserAgent().get(url);
    const location = new URL(response.headers.get('location') as string);
    assert.equal(location.searchParams.get('error'), 'invalid_request');
    assert.equal(decodeJwt(tokens.id_token as string).aud, 'app-ES256');
    assert.equal(url.searchParams.get('client_id'), WEB.id);
  });
});
