import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { openStore } from '../../src/store/open.ts';
import { RESPONSE_TYPES } from '../../src/clients/response-types.ts';
import { readAuthorizationResponse, responseAt } from '../support/authorization-response.ts';
import { authorizationRequest, authorize, basic, WEB } from '../support/flow.ts';
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
  ],
};

describe('access tokens of the front channel', () => {
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
    return await readAuthorizationResponse(await agent.get(request.url));
  }
  const userinfo = (accessToken: string) =>
    fetch(`${server.issuer}/userinfo`, { headers: { Authorization: `Bearer ${accessToken}` } });

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
    // Before anyone signs in.
    const refused = await readAuthorizationResponse(await new UserAgent().get(two));
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
