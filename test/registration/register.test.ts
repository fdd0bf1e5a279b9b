import assert from 'node:assert/strict';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { registrationPolicy } from '../../src/clients/self-registration/policy.ts';
import { requestedMetadata } from '../../src/clients/self-registration/requested-metadata.ts';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { operate, type Operator } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { APP, call, outcome, register } from './client.ts';

describe('Dynamic registration (RFC 7591)', () => {
  let server: TestServer;
  let operator: Operator;
  before(async () => {
    server = await startTestServer({ registration: 'open' });
    operator = await operate(server);
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  it('answers with everything that was registered, and nothing else (§3.2.1)', async () => {
    const { status, headers, body } = await register(server.issuer, {
      ...APP,
      software_id: 'app',
      'client_name#de': 'Eine App',
      unknown_member: 1,
      jwks_uri: null,
    });
    const { client_id: id, client_id_issued_at: at, client_secret: secret, ...rest } = body;
    assert.equal(status, 201);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.match(headers.get('content-type') ?? '', /^application\/json/);
    assert.match(String(secret), /^[\w-]{43}$/);
    assert.ok(Number(at) > 1_700_000_000);
    assert.match(String(rest.registration_access_token), /^[\w-]{43}$/);
    assert.deepEqual(rest, {
      client_secret_expires_at: 0,
      registration_client_uri: `${server.issuer}/register/${String(id)}`,
      registration_access_token: rest.registration_access_token,
      client_name: 'An app',
      'client_name#de': 'Eine App',
      software_id: 'app',
      application_type: 'web',
      redirect_uris: APP.redirect_uris,
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
      scope: 'openid profile email',
      post_logout_redirect_uris: [],
    });
  });

  it('stores digests of secret and registration token only, and where the client came from', async () => {
    const { body } = await register(server.issuer, APP);
    const stored = await operator.clients.find(String(body.client_id));
    assert.equal(stored?.source, 'registered');
    assert.equal(stored.registration?.network, '127.0.0.0/24');
    const text = JSON.stringify(stored);
    assert.ok(!text.includes(String(body.client_secret)));
    assert.ok(!text.includes(String(body.registration_access_token)));
  });

  it('registers what real clients send without application_type', async () => {
    const requests = {
      'MCP SDK': { redirect_uris: ['http://localhost:8090/callback'], token_endpoint_auth_method: 'none' },
      FastMCP: {
        redirect_uris: ['http://localhost:41235/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_post',
        scope: 'unknown:scope',
      },
      'VS Code': {
        redirect_uris: ['https://vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        token_endpoint_auth_method: 'none',
        application_type: 'native',
      },
      'web by name': {
        redirect_uris: ['http://127.0.0.1:1/cb'],
        token_endpoint_auth_method: 'none',
        application_type: 'web',
      },
    };
    const registered = await Promise.all(
      Object.entries(requests).map(async ([name, request]) => {
        const { status, body } = await register(server.issuer, request);
        const { application_type: type, grant_types: grants, scope } = body;
        return [name, status, type, grants, scope];
      }),
    );
    const offline = 'openid profile email offline_access';
    assert.deepEqual(registered, [
      ['MCP SDK', 201, 'native', ['authorization_code'], 'openid profile email'],
      ['FastMCP', 201, 'native', ['authorization_code', 'refresh_token'], offline],
      ['VS Code', 201, 'native', ['authorization_code', 'refresh_token'], offline],
      ['web by name', 201, 'native', ['authorization_code'], 'openid profile email'],
    ]);
  });

  it('narrows the scope to what the policy allows, and names what was granted', async () => {
    const scopeOf = async (scope: string, grants = ['authorization_code']) =>
      (await register(server.issuer, { ...APP, scope, grant_types: grants })).body.scope;
    assert.equal(await scopeOf('email messages:read openid'), 'openid email');
    assert.equal(await scopeOf('openid offline_access'), 'openid');
    const refreshing = ['authorization_code', 'refresh_token'];
    assert.equal(await scopeOf('openid offline_access', refreshing), 'openid offline_access');
  });

  it('gives the other scopes of an API of which the client requests one, for a step up', async () => {
    const policy = {
      ...registrationPolicy(server.config),
      scopes: ['openid', 'messages:read', 'messages:write'],
    };
    const members = { ...APP, scope: 'messages:read unknown' };
    const { metadata } = requestedMetadata('id', members, policy, metadataContext(server.config));
    assert.equal(metadata.scope, 'messages:read messages:write');
  });

  it('gives no client_credentials grant', async () => {
    const grants = ['authorization_code', 'client_credentials'];
    const { body } = await register(server.issuer, { ...APP, grant_types: grants });
    assert.deepEqual(body.grant_types, ['authorization_code']);
    assert.equal(
      outcome(await register(server.issuer, { ...APP, grant_types: ['client_credentials'] })),
      '400 invalid_client_metadata: grant_types: has none that a client may register itself',
    );
  });

  it('signs people in with PKCE and consent, and has claims at userinfo (OpenID Connect Core §5.4)', async () => {
    const { body } = await register(server.issuer, APP);
    const client = { id: String(body.client_id), secret: String(body.client_secret) };
    const redirectUri = String(APP.redirect_uris[0]);
    const { tokens } = await signIn(server.issuer, { client: { ...client, redirectUri } });
    const claims = JSON.parse(Buffer.from(tokens.id_token?.split('.')[1] ?? '', 'base64url').toString());
    assert.equal(claims.email, undefined);
    const userinfo = await fetch(`${server.issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${tokens.access_token}` },
    });
    assert.ok('email' in ((await userinfo.json()) as object));
    const used = await operator.clients.find(client.id);
    assert.ok(Number(used?.registration?.lastUsedAt) > 1_700_000_000);
  });

  it('is linked on the front page at its own hosts only', async () => {
    const linked = async (members: object): Promise<boolean> => {
      const { body } = await register(server.issuer, { ...APP, ...members });
      const client = { id: String(body.client_id), secret: String(body.client_secret) };
      const { agent } = await signIn(server.issuer, {
        client: { ...client, redirectUri: String(APP.redirect_uris[0]) },
      });
      const html = await (await agent.get(`${server.issuer}/`)).text();
      return html.includes(Object.values(members).join());
    };
    assert.equal(await linked({ initiate_login_uri: 'https://app.example.com/start' }), true);
    assert.equal(await linked({ initiate_login_uri: 'https://bank.example/login' }), false);
    assert.equal(await linked({ client_uri: 'https://bank.example/site' }), false);
  });

  it('needs PKCE', async () => {
    const { body } = await register(server.issuer, APP);
    const { url } = authorizationRequest(server.issuer, {
      client_id: String(body.client_id),
      redirect_uri: APP.redirect_uris[0],
      code_challenge: undefined,
      code_challenge_method: undefined,
    });
    const response = await fetch(url, { redirect: 'manual' });
    assert.match(await response.text(), /code_challenge/);
  });

  it('is for pages of every origin (CORS), without credentials', async () => {
    const url = `${server.issuer}/register`;
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { Origin: 'https://inspector.example' },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'POST');
    const headers = { Origin: 'https://inspector.example' };
    for (const { headers: seen } of [
      await register(server.issuer, APP, { headers }),
      await register(server.issuer, {}, { headers }),
    ]) {
      assert.equal(seen.get('access-control-allow-origin'), '*');
      assert.equal(seen.get('access-control-allow-credentials'), null);
    }
  });

  it('is in discovery', async () => {
    const { body } = await call(`${server.issuer}/.well-known/openid-configuration`, { method: 'GET' });
    assert.equal(body.registration_endpoint, `${server.issuer}/register`);
  });
});
