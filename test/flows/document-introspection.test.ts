import assert from 'node:assert/strict';
import { DocumentHost } from '../support/document-host.ts';
import { authorizationRequest, authorize, basic } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const AUDIENCE = 'https://tools.example/mcp';
const REDIRECT_URI = 'https://tool.example/callback';
const API_CLIENT = { id: 'tools-api', secret: 'a-secret-of-the-tools-api-with-40-letters' };

describe('The token of a client by its document', () => {
  const host = new DocumentHost();
  let server: TestServer;
  before(async () => {
    await host.start();
    server = await startTestServer({
      outbound: { privateNetworks: true },
      clients: [
        {
          client_id: API_CLIENT.id,
          client_secret: API_CLIENT.secret,
          grant_types: ['client_credentials'],
          scope: 'tools:read',
        },
      ],
      apis: [
        {
          audience: AUDIENCE,
          name: 'Tools',
          scopes: { 'tools:read': 'Look things up' },
          introspectionClients: [API_CLIENT.id],
        },
      ],
      registration: { documents: 'open', scopes: ['openid', 'tools:read'], perNetwork: 1 },
    });
  });
  after(async () => {
    await server.stop();
    host.stop();
  });

  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(server.issuer + path, { method: 'POST', headers, body: new URLSearchParams(fields) });

  it('is active for its API, also in a process that does not know the document and has no quota left', async () => {
    const id = host.publish();
    const request = authorizationRequest(server.issuer, {
      client_id: id,
      redirect_uri: REDIRECT_URI,
      scope: 'openid tools:read',
      resource: AUDIENCE,
    });
    const callback = await authorize(new UserAgent(), request);
    const redeemed = await post('/token', {
      grant_type: 'authorization_code',
      client_id: id,
      code: String(callback.searchParams.get('code')),
      redirect_uri: REDIRECT_URI,
      code_verifier: request.verifier,
    });
    const { access_token: token } = (await redeemed.json()) as { access_token: string };
    const introspect = async (): Promise<unknown> => {
      const response = await post('/introspect', { token }, { Authorization: basic(API_CLIENT) });
      const { active, client_id: clientId } = (await response.json()) as Record<string, unknown>;
      return [response.status, active, clientId];
    };
    assert.deepEqual(await introspect(), [200, true, id]);
    await server.restart();
    const stranger = async (): Promise<number> =>
      (await post('/token', { grant_type: 'refresh_token', refresh_token: 'x', client_id: host.publish() }))
        .status;
    assert.deepEqual([await stranger(), await stranger()], [400, 429]);
    assert.deepEqual(await introspect(), [200, true, id]);
  });
});
