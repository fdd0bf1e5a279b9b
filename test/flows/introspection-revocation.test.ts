import assert from 'node:assert/strict';
import { basic, MACHINE, signIn, token, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('introspection (RFC 7662) and revocation (RFC 7009)', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  async function post(
    path: string,
    value: string,
    client = WEB as { id: string; secret: string },
  ): Promise<Response> {
    return await fetch(server.issuer + path, {
      method: 'POST',
      headers: { Authorization: basic(client) },
      body: new URLSearchParams({ token: value }),
    });
  }
  const API_CLIENT = { id: 'demo-api', secret: 'demo-api-secret' };
  const introspect = async (value: string, client?: { id: string; secret: string }) =>
    (await (await post('/introspect', value, client)).json()) as Record<string, unknown>;

  it('describes opaque tokens until they are revoked', async () => {
    const { tokens } = await signIn(server.issuer);
    const described = await introspect(tokens.access_token);
    assert.equal(described.active, true);
    assert.equal(described.client_id, WEB.id);
    assert.equal((await post('/revoke', tokens.access_token)).status, 200);
    assert.deepEqual(await introspect(tokens.access_token), { active: false });
  });

  it('describes JWT access tokens until they are revoked', async () => {
    const { body } = await token(
      server.issuer,
      { grant_type: 'client_credentials', scope: 'messages:read' },
      MACHINE,
    );
    const described = await introspect(body.access_token, API_CLIENT);
    assert.equal(described.active, true);
    assert.equal(described.scope, 'messages:read');
    assert.equal(described.token_type, 'Bearer');
    assert.equal((await post('/revoke', body.access_token, WEB)).status, 400, 'another client’s token');
    assert.equal((await introspect(body.access_token, API_CLIENT)).active, true);
    assert.equal((await post('/revoke', body.access_token, MACHINE)).status, 200);
    assert.deepEqual(await introspect(body.access_token, API_CLIENT), { active: false });
  });

  it('reports a JWT access token inactive once its grant has ended', async () => {
    const { tokens } = await signIn(server.issuer, { parameters: { scope: 'openid messages:read' } });
    assert.equal((await introspect(tokens.access_token)).active, true);
    assert.equal((await post('/revoke', tokens.refresh_token as string)).status, 200);
    assert.deepEqual(await introspect(tokens.access_token), { active: false });
  });

  it('reports malformed tokens as inactive', async () => {
    for (const value of ['garbage', 'a.b.c', `${'e30.'.repeat(2)}sig`, 'eyJhbGciOiJub25lIn0.e30.']) {
      assert.deepEqual(await introspect(value), { active: false });
      assert.equal((await post('/revoke', value)).status, 200);
    }
  });

  it('is rejected without client authentication', async () => {
    const response = await fetch(`${server.issuer}/introspect`, {
      method: 'POST',
      body: new URLSearchParams({ token: 'x', client_id: WEB.id }),
    });
    assert.equal(response.status, 401);
  });
});
