import assert from 'node:assert/strict';
import { API, authorizationRequest, authorize, redeem } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const CLAIMED = 'https://app.example/cb';
const LOOPBACK = 'http://127.0.0.1:51234/cb';
const SCHEME = 'com.example.app:/cb';
const DOTLESS = 'myapp://cb';
const TOOL = 'http://localhost:8250/oidc/callback';
const SITE = 'https://vault.example/callback';

const NATIVE = {
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  redirect_uris: [CLAIMED, 'http://127.0.0.1/cb', 'http://localhost/cb', SCHEME, DOTLESS],
  scope: 'openid email messages:read',
};
const PUBLIC_WEB = {
  token_endpoint_auth_method: 'none',
  redirect_uris: [SITE],
  loopback_redirect_uris: [TOOL],
  scope: 'openid email messages:read',
};
const WEB = { ...PUBLIC_WEB, token_endpoint_auth_method: 'client_secret_basic', client_secret: SECRET };

/**
 * RFC 8252 §8.6: an app that gets the response on the device of the person may be another than the registered one, so that consent counts for
 * one request; a claimed https address is a proof.
 */
describe('consent for a redirect URI on the device of the person', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      clients: [
        { ...NATIVE, client_id: 'native' },
        { ...NATIVE, client_id: 'native-ours', first_party: true },
        { ...NATIVE, client_id: 'native-trusted', trust_loopback: true },
        { ...NATIVE, client_id: 'native-ours-trusted', first_party: true, trust_loopback: true },
        { ...WEB, client_id: 'web' },
        { ...WEB, client_id: 'web-ours', first_party: true },
        { ...WEB, client_id: 'web-trusted', trust_loopback: true },
        { ...PUBLIC_WEB, client_id: 'web-public' },
        { ...WEB, client_id: 'development', redirect_uris: ['http://localhost:3002/callback'] },
      ],
    });
  });
  after(() => server.stop());

  const request = (client: string, uri: string, more: Record<string, string> = {}) =>
    authorizationRequest(server.issuer, {
      client_id: client,
      redirect_uri: uri,
      scope: 'openid email',
      ...more,
    });

  /** What further requests show in a browser that has signed in and allowed a first one: a silent one, and one that may ask. */
  async function further(client: string, uri: string): Promise<{ silent: string; asking: string }> {
    const agent = new UserAgent();
    const first = await authorize(agent, request(client, uri));
    assert.ok(first.searchParams.has('code'), first.href);
    const seen = async (more: Record<string, string>): Promise<string> => {
      const { response, url } = await agent.follow(request(client, uri, more).url);
      if (url.href.startsWith(uri)) return url.searchParams.get('error') ?? 'code';
      const html = await response.text();
      assert.match(html, /asks for access/);
      return html.includes('You are asked each time') ? 'asked each time' : 'asked';
    };
    return { silent: await seen({ prompt: 'none' }), asking: await seen({}) };
  }

  const rows: [client: string, uri: string, expected: string][] = [
    ['native', CLAIMED, 'code'],
    ['native', LOOPBACK, 'asked each time'],
    ['native', 'http://localhost:51234/cb', 'asked each time'],
    ['native', SCHEME, 'asked each time'],
    ['native', DOTLESS, 'asked each time'],
    ['native-ours', CLAIMED, 'code'],
    ['native-ours', LOOPBACK, 'asked each time'],
    ['native-ours', SCHEME, 'asked each time'],
    ['native-trusted', LOOPBACK, 'code'],
    ['native-trusted', SCHEME, 'code'],
    ['native-trusted', DOTLESS, 'code'],
    ['native-ours-trusted', LOOPBACK, 'code'],
    ['web', SITE, 'code'],
    ['web', TOOL, 'asked each time'],
    ['web-ours', SITE, 'code'],
    ['web-ours', TOOL, 'asked each time'],
    ['web-public', TOOL, 'asked each time'],
    ['web-trusted', TOOL, 'code'],
    ['development', 'http://localhost:3002/callback', 'code'],
    ['development', TOOL, 'asked each time'],
  ];
  for (const [client, uri, expected] of rows) {
    const silent = expected === 'code' ? 'code' : 'consent_required';
    it(`${client}, ${uri}: ${expected}; with prompt=none: ${silent}`, async () => {
      assert.deepEqual(await further(client, uri), { silent, asking: expected });
    });
  }

  it('the page of a trusted client says that the decision is remembered', async () => {
    const agent = new UserAgent();
    await authorize(agent, request('native-trusted', LOOPBACK));
    const { response } = await agent.follow(request('native-trusted', LOOPBACK, { prompt: 'consent' }).url);
    const html = await response.text();
    assert.match(html, /Your decision is remembered/);
    assert.doesNotMatch(html, /asked each time/);
  });

  it('consent on the device is remembered for the claimed https address of the same client', async () => {
    const agent = new UserAgent();
    await authorize(agent, request('native', LOOPBACK, { scope: 'openid messages:read', resource: API }));
    const { url } = await agent.follow(
      request('native', CLAIMED, { scope: 'openid messages:read', resource: API }).url,
    );
    assert.ok(url.searchParams.has('code'), url.href);
  });

  it('the refusal of prompt=none names trust_loopback, in the answer of development mode', async () => {
    const agent = new UserAgent();
    await authorize(agent, request('web-ours', TOOL));
    const { url } = await agent.follow(request('web-ours', TOOL, { prompt: 'none' }).url);
    assert.equal(url.searchParams.get('error_description'), 'redirect_uri needs consent each time');
    assert.match(
      url.searchParams.get('error_detail') ?? '',
      /"http:\/\/localhost:8250\/oidc\/callback", .*trust_loopback: true/,
    );
  });

  it('a web client redeems the code of a loopback redirect URI with its secret (Vault, Argo CD, kubelogin)', async () => {
    const sent = request('web', TOOL);
    const callback = await authorize(new UserAgent(), sent);
    const code = callback.searchParams.get('code') as string;
    const client = { id: 'web', secret: SECRET, redirectUri: TOOL };
    const { response } = await redeem(server.issuer, code, sent, client);
    assert.equal(response.status, 200);
  });

  it('a pushed request (RFC 9126) with a loopback redirect URI asks as well', async () => {
    const agent = new UserAgent();
    for (let round = 0; round < 2; round += 1) {
      const { url } = request('web', TOOL);
      const pushed = await fetch(`${server.issuer}/par`, {
        method: 'POST',
        headers: { Authorization: `Basic ${btoa(`web:${SECRET}`)}` },
        body: url.searchParams,
      });
      assert.equal(pushed.status, 201);
      const { request_uri: requestUri } = (await pushed.json()) as { request_uri: string };
      let consents = 0;
      const submit = agent.submit.bind(agent);
      agent.submit = (page, fields) => {
        if (page.html.includes('You are asked each time')) consents += 1;
        return submit(page, fields);
      };
      const reference = new URL(`/authorize?client_id=web&request_uri=${requestUri}`, server.issuer);
      const back = await authorize(agent, { ...request('web', TOOL), url: reference });
      agent.submit = submit;
      assert.ok(back.searchParams.has('code'), back.href);
      assert.equal(consents, 1);
    }
  });
});
