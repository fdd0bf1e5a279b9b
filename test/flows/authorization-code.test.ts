import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { API, authorizationRequest, authorize, redeem, signIn, token, WEB } from '../support/flow.ts';
import { withClock } from '../support/clock.ts';
import { decodeProtectedHeader, verifyJwt } from '../support/jwt.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

describe('authorization code grant', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  it('issues an RS256 ID token and an opaque access token for userinfo (OIDC Core §3.1.3.3)', async () => {
    const { tokens, request } = await signIn(server.issuer);
    const claims = await verifyJwt(tokens.id_token as string, server.issuer, WEB.id);
    assert.equal(claims.nonce, request.nonce);
    assert.equal(typeof claims.sub, 'string');
    assert.equal(claims.email, 'alice@example.com');
    assert.equal(tokens.token_type, 'Bearer');
    assert.equal(tokens.expires_in, 300);
    assert.equal(tokens.access_token.split('.').length, 1);
    const userinfo = await fetch(`${server.issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${tokens.access_token}` },
    });
    const person = (await userinfo.json()) as Record<string, unknown>;
    assert.equal(person.sub, claims.sub);
    assert.equal(person.email, 'alice@example.com');
    assert.equal(person.email_verified, true);
  });

  it('issues an RFC 9068 access token for a declared API, named by resource or by scope alone', async () => {
    for (const [resource, scope] of [
      [API, 'messages:read'],
      [undefined, 'openid messages:read'],
    ]) {
      const { tokens } = await signIn(server.issuer, {
        parameters: { scope: 'openid messages:read', resource },
      });
      assert.equal(decodeProtectedHeader(tokens.access_token).typ, 'at+jwt');
      const claims = await verifyJwt(tokens.access_token, server.issuer, API);
      assert.equal(claims.scope, scope);
      assert.equal(claims.client_id, WEB.id);
      assert.equal(typeof claims.jti, 'string');
      assert.equal((claims.exp as number) - (claims.iat as number), 300);
    }
  });

  it('returns state and iss with the code and with an error (RFC 9207 §2)', async () => {
    const agent = new UserAgent();
    const request = authorizationRequest(server.issuer);
    const callback = await authorize(agent, request);
    assert.equal(callback.searchParams.get('state'), request.state);
    assert.equal(callback.searchParams.get('iss'), server.issuer);
    const { url } = await agent.follow(authorizationRequest(server.issuer, { prompt: 'none login' }).url);
    assert.equal(url.searchParams.get('error'), 'invalid_request');
    assert.equal(url.searchParams.get('iss'), server.issuer);
  });

  it('asks for consent once, in this session and in later ones', async () => {
    const { agent } = await signIn(server.issuer);
    const { url } = await agent.follow(authorizationRequest(server.issuer).url);
    assert.equal(url.origin, new URL(WEB.redirectUri).origin);
    const fresh = new UserAgent();
    const login = await fresh.follow(authorizationRequest(server.issuer).url);
    const done = await fresh.submit(
      { url: login.url, html: await login.response.text() },
      { login: 'alice', password: 'wonderland-tea-party' },
    );
    assert.ok(done.url.searchParams.has('code'), 'consent was asked again in a new session');
  });

  it('asks for consent again when more is requested, and with prompt=consent', async () => {
    const { agent } = await signIn(server.issuer);
    const more = await agent.follow(
      authorizationRequest(server.issuer, { scope: 'openid messages:write' }).url,
    );
    assert.match(await more.response.text(), /Write messages in your name/);
    const again = await agent.follow(authorizationRequest(server.issuer, { prompt: 'consent' }).url);
    assert.match(await again.response.text(), /See your email address/);
  });

  it('returns access_denied when the person cancels', async () => {
    const agent = new UserAgent();
    const { response, url } = await agent.follow(authorizationRequest(server.issuer).url);
    const cancel = /<a[^>]*id="cancel"[^>]*href="([^"]+)"|<a[^>]*href="([^"]+)"[^>]*id="cancel"/.exec(
      await response.text(),
    );
    const { url: back } = await agent.follow(
      new URL((cancel?.[1] ?? cancel?.[2] ?? '').replaceAll('&amp;', '&'), url),
    );
    assert.equal(back.searchParams.get('error'), 'access_denied');
  });

  it('continues after a restart of the server', async () => {
    const agent = new UserAgent();
    const request = authorizationRequest(server.issuer, { prompt: 'consent' });
    const { url, response } = await agent.follow(request.url);
    await server.restart();
    const { username, password } = DEMO_ACCOUNT;
    const next = await agent.submit({ url, html: await response.text() }, { login: username, password });
    const html = await next.response.text();
    await server.restart();
    const { url: back } = await agent.submit({ url: next.url, html }, {});
    assert.equal(back.searchParams.get('state'), request.state);
    assert.ok(back.searchParams.has('code'));
  });

  it('returns login_required for prompt=none without a session', async () => {
    const { url } = await new UserAgent().follow(authorizationRequest(server.issuer, { prompt: 'none' }).url);
    assert.equal(url.searchParams.get('error'), 'login_required');
  });

  it('requires PKCE with S256, or a nonce (RFC 9700 §2.1.1)', async () => {
    for (const parameters of [
      { code_challenge: undefined, code_challenge_method: undefined, nonce: undefined },
      { code_challenge_method: 'plain' },
      { code_challenge: 'short' },
    ]) {
      const { url } = await new UserAgent().follow(authorizationRequest(server.issuer, parameters).url);
      assert.equal(url.searchParams.get('error'), 'invalid_request');
    }
    const { request, code } = await freshCode();
    const { body } = await redeem(server.issuer, code, { ...request, verifier: 'x'.repeat(43) });
    assert.equal(body.error, 'invalid_grant');
  });

  it('redeems a code once; a second use revokes the tokens of the first (RFC 6749 §4.1.2)', async () => {
    const { tokens, request, code } = await signIn(server.issuer, {
      parameters: { scope: 'openid offline_access', prompt: 'consent' },
    });
    const second = await redeem(server.issuer, code, request);
    assert.equal(second.response.status, 400);
    assert.equal(second.body.error, 'invalid_grant');
    const userinfo = await fetch(`${server.issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${tokens.access_token}` },
    });
    assert.equal(userinfo.status, 401);
    const refresh = await token(server.issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token as string,
    });
    assert.equal(refresh.body.error, 'invalid_grant');
  });

  it('expires a code after 60 seconds', async () => {
    await withClock(async (clock) => {
      const { request, code } = await freshCode();
      clock.advance(66);
      assert.equal((await redeem(server.issuer, code, request)).body.error, 'invalid_grant');
    });
  });

  it('rejects the code of another client, which can still redeem it', async () => {
    const { request, code } = await freshCode();
    const parameters = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: WEB.redirectUri,
      code_verifier: request.verifier,
    };
    const stolen = await token(server.issuer, parameters, {
      id: 'demo-machine',
      secret: 'demo-machine-secret',
    });
    assert.equal(stolen.response.status, 400);
    assert.equal((await redeem(server.issuer, code, request)).response.status, 200);
  });

  it('shows an error page and does not redirect to an unregistered redirect URI', async () => {
    const wrong = 'http://localhost:3002/calback';
    const { response, url } = await new UserAgent().follow(
      authorizationRequest(server.issuer, { redirect_uri: wrong }).url,
    );
    const html = await response.text();
    assert.equal(response.status, 400);
    assert.equal(url.pathname, '/authorize');
    assert.equal(response.headers.get('location'), null);
    assert.ok(html.includes(WEB.redirectUri), 'in development the page names the registered and nearest URI');
    assert.ok(html.includes(response.headers.get('trace-id') as string));
    assert.ok(server.logged.includes(response.headers.get('trace-id') as string));
  });

  async function freshCode() {
    const request = authorizationRequest(server.issuer);
    const callback = await authorize(new UserAgent(), request);
    return { request, code: callback.searchParams.get('code') as string };
  }
});
