import assert from 'node:assert/strict';
import { API, MACHINE, token, WEB } from '../support/flow.ts';
import { decodeProtectedHeader, verifyJwt } from '../support/jwt.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('client credentials grant', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  const request = (parameters: Record<string, string>, client = MACHINE) =>
    token(server.issuer, { grant_type: 'client_credentials', ...parameters }, client);

  it('issues an RFC 9068 access token for the API that the scope belongs to', async () => {
    const { response, body } = await request({ scope: 'messages:read' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(body.scope, 'messages:read');
    assert.equal(body.refresh_token, undefined);
    assert.equal(decodeProtectedHeader(body.access_token).typ, 'at+jwt');
    const claims = await verifyJwt(body.access_token, server.issuer, API);
    assert.equal(claims.sub, MACHINE.id);
    assert.equal(claims.client_id, MACHINE.id);
    assert.equal(claims.scope, 'messages:read');
  });

  it('takes the API from resource, and without a scope all scopes of the client', async () => {
    const { body } = await request({ resource: API });
    assert.equal(body.scope, 'messages:read messages:write');
    assert.equal((await request({})).body.scope, 'messages:read messages:write');
  });

  it('rejects scopes and resources that the client is not registered for', async () => {
    assert.equal((await request({ scope: 'admin' })).body.error, 'invalid_scope');
    assert.equal(
      (await request({ scope: 'messages:read admin', resource: API })).body.error,
      'invalid_scope',
    );
    assert.equal((await request({ resource: 'https://other.example' })).body.error, 'invalid_target');
    assert.equal((await request({ resource: `${API}#fragment` })).body.error, 'invalid_target');
  });

  it('is rejected for a client that is not registered for it', async () => {
    const { response } = await request({ scope: 'messages:read' }, WEB);
    assert.equal(response.status, 400);
  });

  it('gives the same response to an unknown client and to a wrong secret (RFC 6749 §5.2)', async () => {
    const wrong = await request({}, { id: MACHINE.id, secret: 'wrong' });
    const unknown = await request({}, { id: 'nobody', secret: 'wrong' });
    assert.equal(wrong.response.status, 401);
    assert.equal(unknown.response.status, 401);
    // Except for `error_detail`, which exists in development only (`d-uniform-errors.slow.test.ts`).
    for (const { body } of [wrong, unknown]) {
      assert.equal(body.error, 'invalid_client');
      assert.equal(body.error_description, 'client authentication failed');
    }
    assert.match(wrong.response.headers.get('www-authenticate') ?? '', /^Basic /);
  });

  it('accepts the secret in the body', async () => {
    const response = await fetch(`${server.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: MACHINE.id,
        client_secret: MACHINE.secret,
      }),
    });
    assert.equal(response.status, 200);
  });
});
