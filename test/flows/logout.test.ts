import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { openStore } from '../../src/store/open.ts';
import { authorizationRequest, signIn, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

describe('RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0)', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  const logoutUrl = (parameters: Record<string, string>) =>
    `${server.issuer}/logout?${new URLSearchParams(parameters).toString()}`;

  it('ends the session and goes back to the app', async () => {
    const { agent } = await signIn(server.issuer);
    const page = await agent.follow(
      logoutUrl({
        client_id: WEB.id,
        post_logout_redirect_uri: 'http://localhost:3002/',
        state: 's',
      }),
    );
    const html = await page.response.text();
    assert.match(html, /autofocus/);
    const { url } = await agent.submit({ url: page.url, html }, { logout: 'yes' });
    assert.equal(url.href, 'http://localhost:3002/?state=s');
    const { url: next } = await agent.follow(authorizationRequest(server.issuer, { prompt: 'none' }).url);
    assert.equal(next.searchParams.get('error'), 'login_required');
  });

  it('does not ask for confirmation with an ID token of this session, and records the sign-out (§2)', async () => {
    const { agent, tokens } = await signIn(server.issuer);
    const { response, url } = await agent.follow(logoutUrl({ id_token_hint: tokens.id_token as string }));
    assert.equal(url.href, `${server.issuer}/logout/success?client_id=${WEB.id}`);
    const html = await response.text();
    assert.match(html, /<h1>Sign-out Success<\/h1>/);
    assert.match(html, /<bdi>Sample App<\/bdi>/);
    // Events are written in batches, at the latest when the server stops.
    await server.restart();
    const store = await openStore(server.config.store, { clock: Date.now });
    const [last] = await store.audit.list({ type: 'session.ended', limit: 1 });
    await store.close();
    const { sub } = decodeJwt(tokens.id_token as string);
    assert.deepEqual([last?.accountId, last?.clientId], [sub, WEB.id]);
  });

  it('redirects to the app after a sign-out only; a person who stays signed in gets a page with a link (§3)', async () => {
    const { agent } = await signIn(server.issuer);
    const target = { post_logout_redirect_uri: 'http://localhost:3002/', state: 's' };
    for (const parameters of [{ client_id: WEB.id }, { client_id: WEB.id, ...target }, {}]) {
      const page = await agent.follow(logoutUrl(parameters));
      const { response, url } = await agent.submit({ url: page.url, html: await page.response.text() }, {});
      const html = await response.text();
      assert.equal(url.pathname, '/logout/success');
      assert.match(html, /<title>Still signed in/);
      assert.match(html, /<h1>You are still signed in<\/h1>/);
      assert.doesNotMatch(html, /Success/);
      const way = /<a class="button primary" href="([^"]*)">/.exec(html)?.[1];
      assert.equal(way, 'client_id' in parameters ? 'http://localhost:3002/' : undefined);
    }
  });

  it('shows a page without a post-logout redirect URI', async () => {
    const { agent } = await signIn(server.issuer);
    const page = await agent.follow(`${server.issuer}/logout`);
    const { response } = await agent.submit(
      { url: page.url, html: await page.response.text() },
      { logout: 'yes' },
    );
    assert.match(await response.text(), /Sign-out Success/);
  });

  it('keeps the session when the person declines, the form is forged, or the redirect URI is not registered', async () => {
    const { agent, tokens } = await signIn(server.issuer);
    const forged = await agent.post(`${server.issuer}/logout/confirm`, { xsrf: 'guess', logout: 'yes' });
    assert.equal(forged.status, 400);
    const elsewhere = await agent.get(
      logoutUrl({
        id_token_hint: tokens.id_token as string,
        post_logout_redirect_uri: 'https://evil.example/',
      }),
    );
    assert.equal(elsewhere.status, 400);
    const tampered = await agent.get(logoutUrl({ id_token_hint: `${tokens.id_token}x` }));
    assert.equal(tampered.status, 400);
    const { url } = await agent.follow(authorizationRequest(server.issuer, { prompt: 'none' }).url);
    assert.ok(url.searchParams.has('code'));
  });

  it('works without a session', async () => {
    const { response, url } = await new UserAgent().follow(`${server.issuer}/logout`);
    assert.equal(response.status, 200);
    assert.equal(url.pathname, '/logout/success');
  });
});
