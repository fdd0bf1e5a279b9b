import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { issuerUrl } from '../../src/config/issuer.ts';
import {
  API,
  authorizationRequest,
  authorize,
  basic,
  redeem,
  signIn,
  token,
  type TokenResponse,
  WEB,
} from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const ORDERS = 'https://orders.example';
const PRIVATE = 'https://private.example';
const PLAIN = 'https://plain.example';
const SECRET = 'a-secret-of-more-than-32-characters';
const SPA = { id: 'spa', redirectUri: 'http://localhost:5173/cb' };

const app = (id: string) => ({ id, secret: SECRET, redirectUri: WEB.redirectUri });
const declared = (id: string, scope: string) => ({
  client_id: id,
  client_secret: SECRET,
  redirect_uris: [WEB.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  first_party: true,
  scope,
});

const CONFIGURATION = {
  apis: [
    { audience: ORDERS, name: 'Orders', scopes: { 'orders:read': 'See your orders' } },
    { audience: PRIVATE, name: 'Private', scopes: { 'private:read': 'Read' }, userinfo: false },
    { audience: PLAIN, name: 'Plain', scopes: {}, clients: ['plain'] },
  ],
  clients: [
    declared('orders', 'openid profile email offline_access orders:read'),
    declared('private', 'openid email private:read'),
    declared('plain', 'openid email'),
    {
      client_id: SPA.id,
      token_endpoint_auth_method: 'none' as const,
      redirect_uris: [SPA.redirectUri],
      first_party: true,
      scope: 'openid email orders:read',
    },
  ],
};

/** An API that is inferred from scopes: its token is for userinfo, too (an exception to RFC 9068 §3). */
describe('an access token for an API at userinfo', () => {
  let server: TestServer;
  let endpoint: string;
  before(async () => {
    server = await startTestServer(CONFIGURATION);
    endpoint = `${server.issuer}/userinfo`;
  });
  after(() => server.stop());

  async function tokensFor(
    id: string,
    parameters: Record<string, string | undefined>,
  ): Promise<TokenResponse> {
    return (await signIn(server.issuer, { client: app(id), parameters })).tokens;
  }
  const userinfo = (accessToken: string, headers: Record<string, string> = {}) =>
    fetch(endpoint, { headers: { Authorization: `Bearer ${accessToken}`, ...headers } });
  async function claimsAt(accessToken: string): Promise<Record<string, unknown>> {
    const response = await userinfo(accessToken);
    assert.equal(response.status, 200, response.headers.get('www-authenticate') ?? '');
    return (await response.json()) as Record<string, unknown>;
  }
  async function refusal(accessToken: string): Promise<[status: number, description: unknown]> {
    const response = await userinfo(accessToken);
    const body = (await response.json()) as Record<string, string>;
    assert.equal(body.error, 'invalid_token');
    assert.ok(
      response.headers.get('www-authenticate')?.includes(`error_description="${body.error_description}"`),
    );
    return [response.status, body.error_description];
  }
  const refresh = async (id: string, from: TokenResponse, more: Record<string, string> = {}) =>
    (
      await token(
        server.issuer,
        { grant_type: 'refresh_token', refresh_token: from.refresh_token as string, ...more },
        app(id),
      )
    ).body;
  const shape = (tokens: TokenResponse) => {
    const { aud, scope } = decodeJwt(tokens.access_token);
    return { aud, scope, answered: tokens.scope };
  };
  const both = (scope: string) => ({ aud: [ORDERS, endpoint], scope, answered: scope });

  it('has the API and the userinfo endpoint of discovery in aud, and the scopes of both', async () => {
    const tokens = await tokensFor('orders', { scope: 'openid email orders:read' });
    assert.deepEqual(shape(tokens), both('openid email orders:read'));
    const discovery = await fetch(`${server.issuer}/.well-known/openid-configuration`);
    assert.equal(((await discovery.json()) as Record<string, unknown>).userinfo_endpoint, endpoint);
  });

  it('gets the claims of its OpenID scopes, by GET and by POST', async () => {
    const { access_token: value } = await tokensFor('orders', { scope: 'openid email orders:read' });
    const { sub } = decodeJwt(value);
    const expected = { sub, email: 'alice@example.com', email_verified: true };
    assert.deepEqual(await claimsAt(value), expected);
    const form = { method: 'POST', body: new URLSearchParams({ access_token: value }) };
    assert.deepEqual(await (await fetch(endpoint, form)).json(), expected);
  });

  it('is the same after interactions, and for a request that was pushed', async () => {
    const agent = new UserAgent();
    const scope = 'openid email messages:read';
    const { tokens } = await signIn(server.issuer, { agent, parameters: { scope } });
    const expected = { aud: [API, endpoint], scope, answered: scope };
    assert.deepEqual(shape(tokens), expected);

    const request = authorizationRequest(server.issuer, { scope });
    const pushed = await fetch(`${server.issuer}/par`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: request.url.searchParams,
    });
    const { request_uri: uri } = (await pushed.json()) as { request_uri: string };
    const url = new URL('/authorize', server.issuer);
    url.search = new URLSearchParams({ client_id: WEB.id, request_uri: uri }).toString();
    const callback = await authorize(new UserAgent(), { ...request, url });
    const { body } = await redeem(server.issuer, callback.searchParams.get('code') ?? '', request);
    assert.deepEqual(shape(body), expected);
  });

  it('is the same after a refresh', async () => {
    const tokens = await tokensFor('orders', { scope: 'openid email orders:read' });
    const once = await refresh('orders', tokens);
    const twice = await refresh('orders', once);
    for (const each of [once, twice]) assert.deepEqual(shape(each), both('openid email orders:read'));
    assert.equal((await claimsAt(twice.access_token)).email, 'alice@example.com');
    const narrowed = await refresh('orders', twice, { scope: 'openid orders:read' });
    assert.deepEqual(shape(narrowed), both('openid orders:read'));
    assert.deepEqual(Object.keys(await claimsAt(narrowed.access_token)), ['sub']);
  });

  it('has the scopes that are left of a request for more', async () => {
    const tokens = await tokensFor('orders', { scope: 'openid email address unknown orders:read' });
    assert.deepEqual(shape(tokens), both('openid email orders:read'));
    const narrowed = await refresh('orders', tokens, { scope: 'openid email address unknown' });
    assert.deepEqual([narrowed.scope, narrowed.access_token.length], ['openid email', 43]);
  });

  it('is for the API alone without openid', async () => {
    const alone = { aud: ORDERS, scope: 'orders:read', answered: 'orders:read' };
    assert.deepEqual(shape(await tokensFor('orders', { scope: 'orders:read', nonce: undefined })), alone);
    const tokens = await tokensFor('orders', { scope: 'openid orders:read' });
    assert.deepEqual(shape(await refresh('orders', tokens, { scope: 'orders:read' })), alone);
  });

  describe('that the request named with resource', () => {
    const REFUSED = [
      401,
      'access token is for an API alone: leave out resource, and request openid, for one that userinfo accepts',
    ];
    const alone = { aud: ORDERS, scope: 'orders:read', answered: 'orders:read' };

    it('is for that alone, also after interactions and a refresh', async () => {
      const tokens = await tokensFor('orders', { scope: 'openid email orders:read', resource: ORDERS });
      assert.deepEqual(shape(tokens), alone);
      assert.deepEqual(await refusal(tokens.access_token), REFUSED);
      const next = await refresh('orders', tokens);
      assert.deepEqual(shape(next), alone);
      assert.deepEqual(await refusal(next.access_token), REFUSED);
      const { tokens: asked } = await signIn(server.issuer, {
        parameters: { scope: 'openid messages:read', resource: API },
      });
      assert.deepEqual(shape(asked), { aud: API, scope: 'messages:read', answered: 'messages:read' });
    });

    it('with the slash of an empty path is for that alone', async () => {
      const resource = `${ORDERS}/`;
      assert.deepEqual(shape(await tokensFor('orders', { scope: 'openid orders:read', resource })), alone);
      const inferred = await tokensFor('orders', { scope: 'openid orders:read' });
      assert.deepEqual(shape(await refresh('orders', inferred, { resource })), alone);
    });

    it('at the token endpoint is for that alone, this time', async () => {
      const tokens = await tokensFor('orders', { scope: 'openid email orders:read' });
      const next = await refresh('orders', tokens, { resource: ORDERS });
      assert.deepEqual(shape(next), alone);
      assert.deepEqual(await refusal(next.access_token), REFUSED);
      assert.deepEqual(shape(await refresh('orders', next)), both('openid email orders:read'));
    });

    it('has no scope when the API has none, and the response has those that were granted beside it', async () => {
      const tokens = await tokensFor('plain', { scope: 'openid email', resource: PLAIN });
      assert.deepEqual(shape(tokens), { aud: PLAIN, scope: undefined, answered: 'openid email' });
      const next = await refresh('plain', tokens, { scope: 'openid email' });
      assert.deepEqual(shape(next), { aud: PLAIN, scope: undefined, answered: 'openid email' });
    });
  });

  describe('that the request named with audience', () => {
    for (const audience of [ORDERS, `${ORDERS}/`]) {
      it(`${audience} is for both`, async () => {
        const scope = 'openid email orders:read';
        const named = await tokensFor('orders', { scope, audience });
        assert.deepEqual(shape(named), both(scope));
        assert.deepEqual(shape(await refresh('orders', named, { audience })), both(scope));
        assert.equal((await claimsAt(named.access_token)).email, 'alice@example.com');
      });
    }

    it('alone is for both, also after interactions', async () => {
      const scope = 'openid email';
      const named = await tokensFor('orders', { scope, audience: ORDERS });
      assert.deepEqual([shape(named).aud, shape(named).answered], [both(scope).aud, scope]);
      const { tokens } = await signIn(server.issuer, { parameters: { scope, audience: API } });
      assert.deepEqual(decodeJwt(tokens.access_token).aud, [API, `${server.issuer}/userinfo`]);
    });
  });

  it('is for the API alone when that has userinfo: false', async () => {
    const tokens = await tokensFor('private', { scope: 'openid email private:read' });
    assert.deepEqual(shape(tokens), { aud: PRIVATE, scope: 'private:read', answered: 'private:read' });
    assert.deepEqual(await refusal(tokens.access_token), [
      401,
      'access token is for an API alone, whose tokens userinfo does not accept',
    ]);
    assert.ok(server.logged.includes(`userinfo is false for ${PRIVATE}`), 'the log names the setting');
  });

  it('of a client for itself is refused', async () => {
    const form = { grant_type: 'client_credentials', scope: 'messages:read' };
    const machine = { id: 'demo-machine', secret: 'demo-machine-secret' };
    const { body } = await token(server.issuer, form, machine);
    assert.equal(decodeJwt(body.access_token).aud, API);
    assert.deepEqual(await refusal(body.access_token), [
      401,
      'access token is of a client, and userinfo is about a person',
    ]);
  });

  describe('and a refresh without scopes of the API', () => {
    for (const [how, resource] of Object.entries({ inferred: undefined, named: ORDERS })) {
      it(`gets an opaque one for userinfo when the API was ${how}`, async () => {
        const tokens = await tokensFor('orders', { scope: 'openid email orders:read', resource });
        const narrowed = await refresh('orders', tokens, { scope: 'openid email' });
        assert.equal(narrowed.scope, 'openid email');
        assert.equal(narrowed.access_token.length, 43);
        assert.equal((await claimsAt(narrowed.access_token)).email, 'alice@example.com');
        assert.match(String(shape(await refresh('orders', narrowed)).scope), /orders:read/);
      });
    }

    it('and without openid, or with resource, is refused and does not consume the token', async () => {
      const tokens = await tokensFor('orders', { scope: 'openid email orders:read' });
      for (const more of [{ scope: 'email' }, { scope: 'openid email', resource: ORDERS }]) {
        const refused = await refresh('orders', tokens, more);
        assert.deepEqual(
          [refused.error, refused.error_description],
          ['invalid_scope', 'scope does not belong to the requested resource'],
        );
      }
      assert.deepEqual(shape(await refresh('orders', tokens)), both('openid email orders:read'));
    });
  });

  it('is readable for the pages of a public client (CORS)', async () => {
    const agent = new UserAgent();
    const parameters = {
      client_id: SPA.id,
      redirect_uri: SPA.redirectUri,
      scope: 'openid email orders:read',
    };
    const request = authorizationRequest(server.issuer, parameters);
    const callback = await authorize(agent, request);
    const response = await fetch(issuerUrl(server.issuer, '/token'), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: SPA.id,
        code: callback.searchParams.get('code') ?? '',
        redirect_uri: SPA.redirectUri,
        code_verifier: request.verifier,
      }),
    });
    const { access_token: value } = (await response.json()) as TokenResponse;
    const { origin } = new URL(SPA.redirectUri);
    const readable = await userinfo(value, { Origin: origin });
    assert.deepEqual([readable.status, readable.headers.get('access-control-allow-origin')], [200, origin]);
    const foreign = await userinfo(value, { Origin: 'https://evil.example' });
    assert.deepEqual([foreign.status, foreign.headers.get('access-control-allow-origin')], [400, null]);
  });
});
