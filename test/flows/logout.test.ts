import assert from 'node:assert/strict';
import { authorizationRequest, signIn } from '../support/flow.ts';
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
    const { agent, tokens } = await signIn(server.issuer);
    const page = await agent.follow(
      logoutUrl({
        id_token_hint: tokens.id_token as string,
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

  it('says Sign-out Success without an address to go to', async () => {
    const { agent } = await signIn(server.issuer);
    const page = await agent.follow(`${server.issuer}/logout`);
    const { response } = await agent.submit(
      { url: page.url, html: await page.response.text() },
      { logout: 'yes' },
    );
    assert.match(await response.text(), /Sign-out Success/);
  });

  it('keeps the session when the person stays, the form is forged, or the address is not registered', async () => {
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

  it('does not fail for someone who is not signed in', async () => {
    const { response, url } = await new UserAgent().follow(`${server.issuer}/logout`);
    assert.equal(response.status, 200);
    assert.equal(url.pathname, '/logout/success');
  });
});
