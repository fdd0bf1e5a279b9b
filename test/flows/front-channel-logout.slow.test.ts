import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { parseConfig } from '../../src/config/config.ts';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { checkMetadata } from '../../src/clients/metadata.ts';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';

function app(id: string, metadata: object = {}) {
  return {
    client_id: id,
    client_secret: SECRET,
    first_party: true,
    redirect_uris: [`https://${id}.example/cb`],
    post_logout_redirect_uris: [`https://${id}.example/`],
    ...metadata,
  };
}

const clientOf = (id: string) => ({ id, secret: SECRET, redirectUri: `https://${id}.example/cb` });

describe('Front-channel logout (OpenID Connect Front-Channel Logout 1.0)', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      logout: { frontChannel: true },
      clients: [
        app('one', { frontchannel_logout_uri: 'https://one.example/out?tenant=1' }),
        app('two', { frontchannel_logout_uri: 'https://two.example/out' }),
        app('silent'),
      ],
    });
  });
  after(() => server.stop());

  /** Signs in at clients, one after the other. @returns the `sid` of each, and the ID token of the last */
  async function visit(ids: readonly string[]) {
    let agent: UserAgent | undefined;
    const sids: unknown[] = [];
    let hint = '';
    for (const id of ids) {
      const signedIn = await signIn(server.issuer, { ...(agent && { agent }), client: clientOf(id) });
      ({ agent } = signedIn);
      hint = String(signedIn.tokens.id_token);
      sids.push(decodeJwt(hint).sid);
    }
    if (agent === undefined) throw new Error('no client');
    return { agent, sids, hint };
  }

  const logoutUrl = (parameters: Record<string, string>) =>
    `${server.issuer}/logout?${new URLSearchParams(parameters).toString()}`;

  const unescape = (text: string) => text.replaceAll('&amp;', '&');
  const framesOf = (html: string) =>
    Array.from(html.matchAll(/<iframe src="([^"]*)"/g), ([, address = '']) => unescape(address));

  const expected = ([one, two]: unknown[]) => {
    const iss = encodeURIComponent(server.issuer);
    return [
      `https://one.example/out?tenant=1&iss=${iss}&sid=${String(one)}`,
      `https://two.example/out?iss=${iss}&sid=${String(two)}`,
    ];
  };

  it('is in discovery (§3)', async () => {
    const metadata = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json();
    const { frontchannel_logout_supported: supported, frontchannel_logout_session_supported: session } =
      metadata as Record<string, unknown>;
    assert.deepEqual([supported, session], [true, true]);
  });

  it('loads a frame for each application of the session, and goes on to the requested address', async () => {
    const { agent, sids, hint } = await visit(['one', 'two', 'silent']);
    const target = { post_logout_redirect_uri: 'https://silent.example/', state: 's"<' };
    const { response } = await agent.follow(logoutUrl({ id_token_hint: hint, ...target }));
    const html = await response.text();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('location'), null);
    assert.deepEqual(framesOf(html), expected(sids));
    assert.match(html, /content="3; url=https:\/\/silent\.example\/\?state=s%22%3C"/);
    assert.match(
      String(response.headers.get('content-security-policy')),
      /; frame-src https:\/\/one\.example https:\/\/two\.example; form-action 'self'; frame-ancestors 'none';/,
    );
    const silent = authorizationRequest(server.issuer, {
      client_id: 'one',
      redirect_uri: 'https://one.example/cb',
      prompt: 'none',
    });
    const { url } = await agent.follow(silent.url);
    assert.equal(url.searchParams.get('error'), 'login_required');
  });

  it('does so after the question too, when the answer is to sign out', async () => {
    const { agent, sids } = await visit(['one', 'two']);
    const question = await agent.follow(logoutUrl({ client_id: 'one' }));
    const page = { url: question.url, html: await question.response.text() };
    const declined = await agent.submit(page, {});
    assert.deepEqual(framesOf(await declined.response.text()), []);
    const again = await agent.follow(logoutUrl({}));
    const { response } = await agent.submit(
      { url: again.url, html: await again.response.text() },
      { logout: 'yes' },
    );
    // The one that asked is signed out already.
    assert.deepEqual([response.status, framesOf(await response.text())], [200, expected(sids).slice(1)]);
  });

  it('redirects at once when no application of the session has such an address', async () => {
    const { agent, hint } = await visit(['silent']);
    const { url } = await agent.follow(
      logoutUrl({ id_token_hint: hint, post_logout_redirect_uri: 'https://silent.example/' }),
    );
    assert.equal(url.href, 'https://silent.example/');
  });

  it('requires an address with scheme, host and port of a redirect URI (§2)', () => {
    const context = metadataContext(parseConfig({ issuer: 'https://login.example' }));
    for (const [uri, problem] of [
      ['https://one.example/out', []],
      ['https://evil.example/out', ['must have scheme, host and port of one of redirect_uris']],
      ['http://one.example/out', ['must have scheme, host and port of one of redirect_uris']],
      ['https://one.example:8443/out', ['must have scheme, host and port of one of redirect_uris']],
      ['https://one.example/out#x', ['must not have a fragment']],
      ['javascript:alert(1)', ['must be an http or https URL']],
    ] as const) {
      const {
        client_id: _id,
        client_secret: _secret,
        ...metadata
      } = app('one', { frontchannel_logout_uri: uri });
      const { problems } = checkMetadata(metadata, context);
      assert.deepEqual(
        problems,
        problem.map((text) => `frontchannel_logout_uri: ${text}`),
      );
    }
  });
});

describe('Without logout.frontChannel', () => {
  it('a sign-out shows no frames, and discovery has no such member', async () => {
    const server = await startTestServer({
      clients: [app('one', { frontchannel_logout_uri: 'https://one.example/out' })],
    });
    try {
      const { agent, tokens } = await signIn(server.issuer, { client: clientOf('one') });
      const { url } = await agent.follow(
        `${server.issuer}/logout?${new URLSearchParams({ id_token_hint: String(tokens.id_token) }).toString()}`,
      );
      assert.equal(url.pathname, '/logout/success');
      const metadata = (await (
        await fetch(`${server.issuer}/.well-known/openid-configuration`)
      ).json()) as Record<string, unknown>;
      assert.deepEqual(
        ['frontchannel_logout_supported', 'check_session_iframe'].map((name) =>
          Object.hasOwn(metadata, name),
        ),
        [false, false],
      );
      assert.equal((await fetch(`${server.issuer}/check_session`)).status, 404);
    } finally {
      await server.stop();
    }
  });
});
