import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import { createResourceServer } from '../../src/resource-server/app.ts';
import { authorizationRequest, authorize } from '../support/flow.ts';
import { freePort } from '../support/free-port.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const HATTER = { username: 'hatter', password: 'no-room-no-room' };

/**
 * What the Model Context Protocol asks of an authorization server and of an API (specification of 2025-11-25, "Authorization"), in the
 * order in which a client meets it. docs/mcp.md names each of these tests.
 */
describe('MCP', () => {
  let server: TestServer;
  let resourceServer: Server;
  let documents: Server;
  let resource: string;
  let clientId: string;
  const agent = new UserAgent();
  const redirectUri = 'http://127.0.0.1:4711/callback';
  const seen = { metadata: '', issuer: '', token: '', scope: '' };

  before(async () => {
    documents = createServer((_request, response) => {
      response.setHeader('Content-Type', 'application/json');
      response.end(
        JSON.stringify({
          client_id: clientId,
          client_name: 'Agent',
          redirect_uris: ['http://127.0.0.1/callback'],
          grant_types: ['authorization_code', 'refresh_token'],
          token_endpoint_auth_method: 'none',
        }),
      );
    });
    await new Promise<void>((resolve) => documents.listen(0, '127.0.0.1', resolve));
    clientId = `http://localhost:${(documents.address() as AddressInfo).port}/oauth/client.json`;
    const [port, apiPort] = [await freePort(), await freePort()];
    resource = `http://localhost:${apiPort}/mcp`;
    server = await startTestServer({
      issuer: `http://localhost:${port}/auth`,
      port,
      demo: false,
      outbound: { privateNetworks: true },
      registration: {
        mode: 'open',
        documents: 'open',
        scopes: ['openid', 'offline_access', 'messages:read', 'messages:write'],
      },
      apis: [
        {
          audience: resource,
          name: 'MCP server',
          scopes: {
            'messages:read': 'Use the tools that read',
            'messages:write': 'Use the tools that write',
          },
          introspectionClients: [],
        },
      ],
    });
    const operator = await operate(server);
    await operator.accounts.add({ ...HATTER, claims: {} });
    await operator.close();
    const app = createResourceServer({
      issuer: server.issuer,
      audience: resource,
    });
    const handle = app.callback();
    resourceServer = createServer((request, response) => void handle(request, response));
    await new Promise<void>((resolve) => resourceServer.listen(apiPort, '127.0.0.1', resolve));
  });
  after(async () => {
    await server.stop();
    for (const each of [resourceServer, documents]) {
      each.closeAllConnections();
      each.close();
    }
  });

  const read = async (url: string | URL) => (await (await fetch(url)).json()) as Record<string, unknown>;
  const call = (method: string, token?: string) =>
    fetch(new URL('/messages', resource), {
      method,
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        'Content-Type': 'application/json',
      },
      ...(method === 'POST' && { body: JSON.stringify({ text: 'hello' }) }),
    });
  const challengeOf = (response: Response) =>
    Object.fromEntries(
      Array.from(
        (response.headers.get('www-authenticate') ?? '').matchAll(/(\w+)="([^"]*)"/g),
        ([, name = '', value = '']) => [name, value],
      ),
    );

  /** @returns the token response */
  async function obtain(
    scope: string,
    parameters: Record<string, string> = {},
  ): Promise<Record<string, unknown>> {
    const request = authorizationRequest(server.issuer, {
      client_id: clientId,
      redirect_uri: redirectUri,
      resource,
      scope,
      nonce: undefined,
      ...parameters,
    });
    const callback = await authorize(agent, request, HATTER);
    assert.equal(callback.searchParams.get('iss'), server.issuer);
    const response = await fetch(`${server.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: String(callback.searchParams.get('code')),
        client_id: parameters.client_id ?? clientId,
        redirect_uri: redirectUri,
        code_verifier: request.verifier,
        resource,
      }),
    });
    return (await response.json()) as Record<string, unknown>;
  }

  it('the API answers 401 with its metadata and the scope (RFC 9728 §5.1, RFC 6750 §3)', async () => {
    const response = await call('GET');
    const challenge = challengeOf(response);
    assert.deepEqual(
      [response.status, challenge],
      [
        401,
        {
          scope: 'messages:read',
          resource_metadata: `${new URL(resource).origin}/.well-known/oauth-protected-resource/mcp`,
        },
      ],
    );
    seen.metadata = challenge.resource_metadata ?? '';
    seen.scope = challenge.scope ?? '';
  });

  it('its metadata, at the path of the resource, names the authorization server (RFC 9728 §3.1)', async () => {
    const metadata = await read(seen.metadata);
    assert.deepEqual([metadata.resource, metadata.authorization_servers], [resource, [server.issuer]]);
    assert.deepEqual(metadata.scopes_supported, ['messages:read', 'messages:write']);
    seen.issuer = (metadata.authorization_servers as string[]).join();
  });

  it('the server has metadata where a client looks for it, also with a path (RFC 8414 §3.1)', async () => {
    const { origin, pathname } = new URL(seen.issuer);
    const documentsFound = await Promise.all(
      [
        `${origin}/.well-known/oauth-authorization-server${pathname}`,
        `${origin}/.well-known/openid-configuration${pathname}`,
        `${seen.issuer}/.well-known/openid-configuration`,
      ].map(read),
    );
    assert.deepEqual(
      documentsFound.map(({ issuer }) => issuer),
      [seen.issuer, seen.issuer, seen.issuer],
    );
    const [metadata] = documentsFound;
    assert.deepEqual(metadata?.code_challenge_methods_supported, ['S256']);
    assert.equal(metadata?.authorization_response_iss_parameter_supported, true);
    assert.equal(metadata?.client_id_metadata_document_supported, true);
    const methods = metadata?.token_endpoint_auth_methods_supported as string[] | undefined;
    assert.ok(methods?.includes('none'));
    assert.equal(metadata?.registration_endpoint, `${seen.issuer}/register`);
  });

  it('a client with a metadata document gets a token for the resource alone (RFC 8707), with iss (RFC 9207)', async () => {
    const { access_token: token, scope } = await obtain(seen.scope);
    const claims = decodeJwt(String(token));
    assert.deepEqual([claims.aud, claims.client_id, scope], [resource, clientId, 'messages:read']);
    assert.equal((await call('GET', String(token))).status, 200);
    seen.token = String(token);
  });

  it('each spelling of the resource is the same one (RFC 8707 §2)', async () => {
    const spelled = resource.replace('localhost', 'LOCALHOST');
    const { access_token: token } = await obtain('messages:read', { resource: spelled });
    assert.equal(decodeJwt(String(token)).aud, resource);
  });

  it('the API asks for a missing scope with 403, and the client gets it in a step up (RFC 6750 §3.1)', async () => {
    const refused = await call('POST', seen.token);
    const challenge = challengeOf(refused);
    assert.deepEqual(
      [refused.status, challenge.error, challenge.scope],
      [403, 'insufficient_scope', 'messages:write'],
    );
    const { access_token: token, scope } = await obtain(`${seen.scope} ${challenge.scope}`);
    assert.equal(scope, 'messages:read messages:write');
    assert.deepEqual(
      [(await call('POST', String(token))).status, (await call('GET', String(token))).status],
      [201, 200],
    );
  });

  it('an older client registers itself (RFC 7591)', async () => {
    const response = await fetch(`${server.issuer}/register`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        client_name: 'Older agent',
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      }),
    });
    assert.equal(response.status, 201);
    const { client_id: id } = (await response.json()) as { client_id: string };
    const { scope } = await obtain('messages:read', { client_id: id });
    assert.equal(scope, 'messages:read');
  });
});
