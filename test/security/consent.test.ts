import assert from 'node:assert/strict';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const REDIRECT_URI = 'http://localhost:3002/callback';

describe('consent covers registered and shown scopes only', () => {
  let server: TestServer;
  before(async () => {
    const app = { client_secret: SECRET, redirect_uris: [REDIRECT_URI] };
    server = await startTestServer({
      clients: [
        { ...app, client_id: 'api-only', first_party: true, scope: 'messages:read' },
        { ...app, client_id: 'third-party', scope: 'openid messages:read' },
      ],
    });
  });
  after(() => server.stop());

  for (const client of ['api-only', 'third-party']) {
    it(`a scope that ${client} is not registered for is rejected, at /authorize and at /par`, async () => {
      const scopes = [
        'profile email',
        'messages:read messages:write',
        'admin',
        client === 'api-only' ? 'openid' : 'openid messages:write',
      ];
      for (const scope of scopes) {
        const { url } = authorizationRequest(server.issuer, { client_id: client, scope, nonce: undefined });
        const { url: back } = await new UserAgent().follow(url);
        assert.equal(back.searchParams.get('error'), 'invalid_scope', scope);
        const pushed = await fetch(`${server.issuer}/par`, {
          method: 'POST',
          headers: { Authorization: `Basic ${btoa(`${client}:${SECRET}`)}` },
          body: url.searchParams,
        });
        assert.equal(((await pushed.json()) as { error: string }).error, 'invalid_scope', scope);
      }
    });
  }

  it('tokens carry the scopes of the page', async () => {
    const { tokens } = await signIn(server.issuer, {
      client: { id: 'third-party', secret: SECRET, redirectUri: REDIRECT_URI },
      parameters: { scope: 'openid messages:read' },
    });
    assert.equal(tokens.scope, 'openid messages:read');
  });

  it('unauthenticated requests store nothing permanent', async () => {
    const { response } = await new UserAgent().follow(`${server.issuer}/logout`);
    assert.equal(response.status, 200);
    const cookies = response.headers.getSetCookie().join();
    assert.ok(
      !/expires=/i.test(cookies) ||
        /1970/.test(cookies) ||
        Date.parse(/expires=([^;]+)/i.exec(cookies)?.[1] ?? '') < Date.now() + 3_600_000,
    );
  });
});
