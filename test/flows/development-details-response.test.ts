import assert from 'node:assert/strict';
import { authorizationRequest, basic, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';

describe('error details in development name, of a response', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      clients: [
        {
          client_id: 'app',
          client_secret: SECRET,
          application_type: 'native',
          redirect_uris: ['http://localhost/cb'],
          scope: 'openid',
        },
        { client_id: 'site', client_secret: SECRET, redirect_uris: ['https://site.example/cb'] },
      ],
    });
  });
  after(() => server.stop());

  /** Pushes a request. @returns `error: error_detail` */
  async function push(url: URL, client: { id: string; secret: string }): Promise<string> {
    const response = await fetch(`${server.issuer}/par`, {
      method: 'POST',
      headers: { Authorization: basic(client) },
      body: url.searchParams,
    });
    const { error, error_detail: detail } = (await response.json()) as Record<string, string>;
    return `${error}: ${detail}`;
  }

  it('an unregistered redirect URI, in a pushed request (RFC 9126)', async () => {
    const { url } = authorizationRequest(server.issuer, { redirect_uri: `${WEB.redirectUri}s` });
    assert.equal(
      await push(url, WEB),
      `invalid_request: received redirect_uri: ${WEB.redirectUri}s; did you mean: ${WEB.redirectUri}`,
    );
  });

  it('the setting with which a redirect URI is accepted', async () => {
    const detail = async (client: typeof WEB, uri: string): Promise<string> => {
      const { url } = authorizationRequest(server.issuer, {
        client_id: client.id,
        redirect_uri: uri,
        scope: 'openid',
      });
      return await push(url, client);
    };
    const tool = 'http://localhost:8250/oidc/callback';
    const received = (uri: string) => `received redirect_uri: ${uri}; `;
    assert.equal(
      await detail({ id: 'site', secret: SECRET, redirectUri: '' }, tool),
      `invalid_request: redirect_uri is "${tool}"; a web client has loopback addresses in loopback_redirect_uris, with their port (client add --loopback-redirect-uri); ${received(tool)}registered: https://site.example/cb`,
    );
    const sibling = WEB.redirectUri.replace('localhost', '127.0.0.1');
    assert.equal(
      await detail(WEB, sibling),
      `invalid_request: redirect_uri is "${sibling}"; localhost, 127.0.0.1, [::1] and each port are different addresses: open the application at the registered one, or register this one in redirect_uris; ${received(sibling)}did you mean: ${WEB.redirectUri}`,
    );
    assert.equal(
      await detail(WEB, 'cursor://cb'),
      `invalid_request: redirect_uri is "cursor://cb"; a scheme of an app needs application_type native (client add --native); ${received('cursor://cb')}registered: ${WEB.redirectUri}`,
    );
    assert.equal(
      await detail(WEB, 'javascript:alert(1)'),
      `invalid_request: ${received('javascript:alert(1)')}registered: ${WEB.redirectUri}`,
    );
    const app = { id: 'app', secret: SECRET, redirectUri: '' };
    const other = 'http://127.0.0.1:5000/cb';
    assert.equal(
      await detail(app, other),
      `invalid_request: redirect_uri is "${other}"; a native client may use any port of a registered loopback address, with the same host and path: localhost, 127.0.0.1 and [::1] differ; ${received(other)}registered: http://localhost/cb`,
    );
    assert.equal(
      await detail(app, 'cursor://cb'),
      `invalid_request: ${received('cursor://cb')}registered: http://localhost/cb`,
    );
  });

  it('a response mode that the client is not registered for, and one that is unknown', async () => {
    const detail = async (mode: string): Promise<string> => {
      const { url } = authorizationRequest(server.issuer, { response_mode: mode });
      const pushed = await push(url, WEB);
      const response = await new UserAgent().get(url);
      const answer = new URL(response.headers.get('location') ?? '').searchParams;
      assert.equal(`${answer.get('error')}: ${answer.get('error_detail')}`, pushed);
      return pushed;
    };
    assert.deepEqual(
      [await detail('fragment'), await detail('web_message')],
      [
        'unsupported_response_mode: response_mode is "fragment"; the client is registered for query, form_post',
        'unsupported_response_mode: response_mode is "web_message"; the client is registered for query, form_post',
      ],
    );
  });
});
