import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { authorizationRequest, authorize } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const REDIRECT_URI = 'http://127.0.0.1:4711/callback';

describe('Client ID metadata documents (draft-ietf-oauth-client-id-metadata-document)', () => {
  let server: TestServer;
  let host: Server;
  let origin: string;
  let documents: Map<string, unknown>;
  let requests: string[];

  before(async () => {
    host = createServer((request, response) => {
      requests.push(String(request.url));
      const found = documents.get(String(request.url));
      response.writeHead(found === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
      response.end(typeof found === 'string' ? found : JSON.stringify(found));
    });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    origin = `http://localhost:${(host.address() as AddressInfo).port}`;
    // Without TLS: both are on this machine.
    server = await startTestServer({
      outbound: { privateNetworks: true },
      registration: { documents: ['localhost'] },
    });
  });
  beforeEach(() => {
    documents = new Map();
    requests = [];
  });
  after(async () => {
    await server.stop();
    host.closeAllConnections();
    host.close();
  });

  let count = 0;
  /** @returns the id of a new client with this document */
  function publish(members: Record<string, unknown> = {}): string {
    const path = `/client-${(count += 1)}.json`;
    documents.set(path, {
      client_id: origin + path,
      client_name: 'Tool',
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
      ...members,
    });
    return origin + path;
  }

  const requestOf = (clientId: string) =>
    authorizationRequest(server.issuer, { client_id: clientId, redirect_uri: REDIRECT_URI, scope: 'openid' });

  async function tokenOf(clientId: string, agent = new UserAgent()): Promise<Response> {
    const request = requestOf(clientId);
    const callback = await authorize(agent, request);
    return await fetch(`${server.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        code: String(callback.searchParams.get('code')),
        redirect_uri: REDIRECT_URI,
        code_verifier: request.verifier,
      }),
    });
  }

  /** @returns status and the error on the page */
  async function refusal(clientId: string): Promise<[number, boolean]> {
    const { response } = await new UserAgent().follow(requestOf(clientId).url);
    return [response.status, (await response.text()).includes('invalid_client')];
  }

  it('is in discovery, with none among the authentication methods', async () => {
    const metadata = (await (
      await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)
    ).json()) as Record<string, unknown>;
    assert.equal(metadata.client_id_metadata_document_supported, true);
    assert.ok((metadata.token_endpoint_auth_methods_supported as string[]).includes('none'));
  });

  it('signs a person in for a client that nobody has registered, with one request for its document', async () => {
    const clientId = publish();
    const response = await tokenOf(clientId);
    assert.equal(response.status, 200);
    assert.deepEqual(Object.keys((await response.json()) as object), [
      'access_token',
      'expires_in',
      'id_token',
      'scope',
      'token_type',
    ]);
    assert.deepEqual(requests, [new URL(clientId).pathname]);
  });

  it('asks for consent, with the host of the client, and needs PKCE', async () => {
    const clientId = publish({ client_name: 'Other' });
    const agent = new UserAgent();
    await tokenOf(publish(), agent);
    const { response } = await agent.follow(requestOf(clientId).url);
    const text = (await response.text()).replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ');
    assert.match(text, /Other asks for your sign-in/);
    assert.match(
      text,
      /this application is described at localhost:\d+ ?\. No administrator has checked who it is\. It runs on this device\. Continue only if you have just started it yourself\. Any program on this device can pretend to be it\./,
    );
    const plain = requestOf(clientId);
    plain.url.searchParams.delete('code_challenge');
    plain.url.searchParams.delete('code_challenge_method');
    const refused = await agent.follow(plain.url);
    assert.deepEqual(
      [refused.response.status, /<code id="error">(\w+)/.exec(await refused.response.text())?.[1]],
      [400, 'invalid_request'],
    );
  });

  it('introspects and revokes its tokens like those of every client', async () => {
    const clientId = publish();
    const { access_token: token } = (await (await tokenOf(clientId)).json()) as { access_token: string };
    const userinfo = () =>
      fetch(`${server.issuer}/userinfo`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal((await userinfo()).status, 200);
    const body = new URLSearchParams({ token, client_id: clientId });
    assert.equal((await fetch(`${server.issuer}/revoke`, { method: 'POST', body })).status, 200);
    assert.equal((await userinfo()).status, 401);
  });

  describe('refuses a document', () => {
    for (const [what, members] of [
      ['of another address', { client_id: 'https://evil.example/client.json' }],
      ['with a secret', { client_secret: 'a-secret-of-more-than-32-characters' }],
      ['with the sector of others', { sector_identifier_uri: 'https://other.example/sector.json' }],
      ['with an authentication by secret', { token_endpoint_auth_method: 'client_secret_basic' }],
      ['without redirect URIs', { redirect_uris: undefined }],
      ['with another redirect URI than that of the request', { redirect_uris: ['http://127.0.0.1/other'] }],
      ['with the name of this service', { client_name: 'Signet' }],
    ] as const) {
      it(what, async () => {
        const [status] = await refusal(publish(members));
        assert.equal(status, 400);
      });
    }

    it('that is not JSON, no object, or absent', async () => {
      documents.set('/text', 'client');
      documents.set('/list', []);
      const seen = [];
      for (const path of ['/text', '/list', '/absent']) seen.push(await refusal(origin + path));
      assert.deepEqual(seen, [
        [400, true],
        [400, true],
        [400, true],
      ]);
    });

    it('that parsers read differently, or that is deeper than a registration may be', async () => {
      for (const start of ['"client_name": "Another"', `"more": ${'['.repeat(20)}${']'.repeat(20)}`]) {
        const clientId = publish();
        const { pathname } = new URL(clientId);
        documents.set(pathname, JSON.stringify(documents.get(pathname)).replace('{', `{${start}, `));
        assert.deepEqual(await refusal(clientId), [400, true]);
      }
    });

    it('at an address with another spelling, without a path or of a host that is not allowed', async () => {
      const clientId = publish();
      const { port, pathname } = new URL(clientId);
      for (const id of [
        `${origin}/`,
        origin,
        `${clientId}#`,
        `${clientId}#x`,
        `http://user@localhost:${port}${pathname}`,
        `http://LOCALHOST:${port}${pathname}`,
        `${origin}/x/..${pathname}`,
        `${origin}/%2e%2e${pathname}`,
        `http://127.0.0.1:${port}${pathname}`,
        `ftp://localhost:${port}${pathname}`,
        `${clientId}\\`,
        ` ${clientId}`,
      ]) {
        assert.deepEqual([id, ...(await refusal(id))], [id, 400, true]);
      }
      assert.deepEqual(requests, []);
    });
  });

  it('cannot do what only an operator allows', async () => {
    const clientId = publish({
      first_party: true,
      trust_loopback: true,
      grant_types: ['authorization_code', 'client_credentials'],
      scope: 'openid messages:read',
      pkce: 'optional',
    });
    const agent = new UserAgent();
    await tokenOf(publish(), agent);
    const { response } = await agent.follow(requestOf(clientId).url);
    assert.match(await response.text(), /asks for/);
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId });
    const machine = await fetch(`${server.issuer}/token`, { method: 'POST', body });
    assert.deepEqual(
      [machine.status, ((await machine.json()) as { error: string }).error],
      [400, 'unauthorized_client'],
    );
  });
});

describe('Without registration.documents', () => {
  it('no document is requested, and discovery has no such member', async () => {
    const server = await startTestServer({ outbound: { privateNetworks: true } });
    try {
      const request = authorizationRequest(server.issuer, { client_id: 'http://localhost:9/client.json' });
      const { response } = await new UserAgent().follow(request.url);
      assert.equal(response.status, 400);
      const metadata = await fetch(`${server.issuer}/.well-known/oauth-authorization-server`);
      const members = (await metadata.json()) as object;
      assert.equal(Object.hasOwn(members, 'client_id_metadata_document_supported'), false);
      assert.doesNotMatch(server.logged, /metadata document/);
    } finally {
      await server.stop();
    }
  });
});
