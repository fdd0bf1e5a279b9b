import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createAccounts } from '../../src/accounts/accounts.ts';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { openStore } from '../../src/store/open.ts';
import { authorizationRequest, authorize, basic, signIn, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';

const ALICE = { login: 'alice', password: 'wonderland-tea-party' };
/** A public client, which pushes requests without credentials. */
const SPA = 'public-client';
const HATTER = { username: 'hatter', password: 'no-room-no-room' };

describe('pages and redirects in place of the engine’s', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      clients: [
        {
          client_id: SPA,
          token_endpoint_auth_method: 'none',
          redirect_uris: [WEB.redirectUri],
          grant_types: ['authorization_code'],
          response_types: ['code'],
          scope: 'openid profile email',
        },
      ],
    });
    const store = await openStore(server.config.store, { clock: Date.now });
    const accounts = createAccounts({
      store,
      passwords: createPasswords(server.config.passwords),
      audit: { record: () => {} },
      clock: Date.now,
      revocationLifetime: 3600,
    });
    await accounts.add({ ...HATTER, claims: {} });
    await store.close();
  });
  after(() => server.stop());

  const logout = (parameters: Record<string, string>) =>
    `${server.issuer}/logout?${new URLSearchParams(parameters).toString()}`;

  /** Checks for a page with one script and one style, both allowed by its policy. */
  async function assertOurs(response: Response): Promise<string> {
    const html = await response.text();
    assert.equal(response.status, 200);
    assert.match(html, /<main class="card">\s*<h1>One moment<\/h1>/);
    assert.match(html, /<button [^>]*type="submit" autofocus>Continue<\/button>/);
    assert.doesNotMatch(html, /noscript|undefined/);
    const policy = response.headers.get('content-security-policy') ?? '';
    for (const element of ['script', 'style']) {
      const [, content = ''] = new RegExp(`<${element}>([^]*)</${element}>`).exec(html) ?? [];
      const hash = createHash('sha256').update(content).digest('base64');
      assert.match(policy, new RegExp(`${element}-src 'sha256-${hash.replaceAll('+', '\\+')}'(;|$)`));
    }
    return html;
  }

  describe('sign-out without a session', () => {
    it('redirects to the signed-out page', async () => {
      const agent = new UserAgent();
      const response = await agent.get(`${server.issuer}/logout`);
      assert.equal(response.status, 303);
      assert.equal(response.headers.get('location'), `${server.issuer}/logout/success`);
      assert.match(await (await agent.follow(`${server.issuer}/logout`)).response.text(), /Sign-out Success/);
    });

    it('redirects to a registered post-logout redirect URI, with state', async () => {
      const { tokens } = await signIn(server.issuer);
      const target = { post_logout_redirect_uri: 'http://localhost:3002/', state: 'a b' };
      const asked = await new UserAgent().get(
        logout({ ...target, id_token_hint: tokens.id_token as string }),
      );
      assert.equal(asked.headers.get('location'), 'http://localhost:3002/?state=a+b');
      const anonymous = await new UserAgent().get(logout(target));
      assert.equal(anonymous.headers.get('location'), `${server.issuer}/logout/success`);
      const elsewhere = await new UserAgent().get(
        logout({ client_id: WEB.id, post_logout_redirect_uri: 'https://evil.example/' }),
      );
      assert.equal(elsewhere.status, 400);
    });

    it('links the signed-out page to the app of client_id', async () => {
      const { response } = await new UserAgent().follow(logout({ client_id: WEB.id }));
      const html = await response.text();
      assert.match(
        html,
        /signed out of Signet\.[^]*href="http:\/\/localhost:3002\/"><span>Back to <bdi>Sample App</,
      );
    });

    it('creates no session and no cookie', async () => {
      const agent = new UserAgent();
      const database = new DatabaseSync(join(server.directory, 'signet.db'), { readOnly: true });
      const sessions = () =>
        database.prepare("SELECT count(*) AS n FROM artifacts WHERE kind = 'Session'").get()?.n;
      const before = sessions();
      await agent.get(`${server.issuer}/logout`);
      assert.equal(sessions(), before);
      database.close();
      assert.deepEqual(agent.cookies, []);
    });
  });

  describe('the signed-out page', () => {
    async function answer(fields: Record<string, string>): Promise<string> {
      const { agent } = await signIn(server.issuer);
      const page = await agent.follow(logout({ client_id: WEB.id }));
      const { response } = await agent.submit({ url: page.url, html: await page.response.text() }, fields);
      return response.text();
    }

    it('links to the app', async () => {
      const html = await answer({ logout: 'yes' });
      assert.match(html, /You are signed out of Signet\.[^]*href="http:\/\/localhost:3002\/"/);
    });

    it('tells a person who has declined that they are still signed in', async () => {
      const html = await answer({});
      assert.match(html, /signed out of <strong><bdi>Sample App<[^]*still signed in to Signet/);
    });
  });

  it('tells on the confirmation page whether the browser returns to the app', async () => {
    const { agent } = await signIn(server.issuer);
    const client = { client_id: WEB.id };
    const target = { post_logout_redirect_uri: 'http://localhost:3002/' };
    const ask = async (url: string) => (await agent.follow(url)).response.text();
    assert.match(await ask(logout({ ...client, ...target })), /If you sign out, you go back there/);
    assert.doesNotMatch(await ask(logout(client)), /you go back there/);
  });

  it('posts a response to the app from a page (OAuth 2.0 Form Post Response Mode)', async () => {
    const { agent } = await signIn(server.issuer);
    const { url, state } = authorizationRequest(server.issuer, { response_mode: 'form_post' });
    const response = await agent.get(url);
    const { action, method, fields } = formOf(await assertOurs(response));
    assert.deepEqual([action, method], [WEB.redirectUri, 'post']);
    assert.doesNotMatch(response.headers.get('content-security-policy') ?? '', /form-action/);
    assert.equal(fields.state, state);
    assert.equal(fields.iss, server.issuer);
    assert.ok(fields.code);
  });

  describe('signing in with another account', () => {
    async function consentOfAlice(agent: UserAgent, parameters: Record<string, string> = {}) {
      const request = authorizationRequest(server.issuer, { prompt: 'consent', ...parameters });
      const login = await agent.follow(request.url);
      const page = await agent.submit({ url: login.url, html: await login.response.text() }, ALICE);
      return { request, html: await page.response.text() };
    }
    const link = (html: string) =>
      /<a href="([^"]+)">Use another account</.exec(html)?.[1]?.replaceAll('&amp;', '&');

    it('repeats the request and asks for the password, also without JavaScript', async () => {
      const agent = new UserAgent();
      const { request, html } = await consentOfAlice(agent, {
        login_hint: 'alice',
        scope: 'openid offline_access',
      });
      const again = new URL(link(html) as string, server.issuer);
      assert.equal(again.origin, server.issuer);
      const { prompt, ...others } = Object.fromEntries(again.searchParams);
      const { prompt: _prompt, login_hint: _hint, ...same } = Object.fromEntries(request.url.searchParams);
      assert.equal(prompt, 'login consent');
      assert.deepEqual(others, same);
      const login = await agent.follow(again);
      const form = await login.response.text();
      assert.doesNotMatch(form, /value="alice"/);
      const { username, password } = HATTER;
      const between = await agent.submit({ url: login.url, html: form }, { login: username, password });
      const page = { url: between.url, html: await assertOurs(between.response) };
      assert.equal(formOf(page.html).action, `${server.issuer}/logout/confirm`);
      const consent = await agent.submit(page, {});
      const asked = await consent.response.text();
      assert.match(asked, /Signed in as <strong><bdi>hatter</);
      const callback = await agent.submit({ url: consent.url, html: asked }, {});
      assert.equal(callback.url.searchParams.get('state'), request.state);
      assert.ok(callback.url.searchParams.has('code'));
    });

    it('is not offered for a request that only the app can make', async () => {
      const { tokens } = await signIn(server.issuer);
      const named = await consentOfAlice(new UserAgent(), { id_token_hint: tokens.id_token as string });
      assert.match(named.html, /asks for access/);
      assert.equal(link(named.html), undefined);

      for (const [client, headers] of [
        [WEB.id, { Authorization: basic(WEB) }],
        [SPA, {}],
      ] as const) {
        const { url } = authorizationRequest(server.issuer, { prompt: 'consent', client_id: client });
        const body = url.searchParams;
        const pushed = await fetch(`${server.issuer}/par`, { method: 'POST', headers, body });
        const { request_uri } = (await pushed.json()) as { request_uri: string };
        const agent = new UserAgent();
        const query = new URLSearchParams({ client_id: client, request_uri }).toString();
        const login = await agent.follow(`${server.issuer}/authorize?${query}`);
        const page = await agent.submit({ url: login.url, html: await login.response.text() }, ALICE);
        const html = await page.response.text();
        assert.match(html, /asks for access/);
        assert.equal(link(html), undefined);
      }
    });

    it('keeps the session until another person has signed in', async () => {
      const agent = new UserAgent();
      const { html } = await consentOfAlice(agent);
      await agent.follow(new URL(link(html) as string, server.issuer));
      const callback = await authorize(agent, authorizationRequest(server.issuer));
      assert.ok(callback.searchParams.has('code'));
    });
  });
});
