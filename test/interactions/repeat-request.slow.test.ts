import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { deflateRawSync } from 'node:zlib';
import { decodeJwt } from 'jose';
import { API, authorizationRequest, authorize, basic, signIn, token, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';
import { ALICE, assertOver, begin, expire, TEA_PARTY } from './expired-sign-in.ts';

describe('repeating an authorization request', () => {
  let server: TestServer;
  let agent: UserAgent;
  before(async () => {
    server = await startTestServer({ clients: [TEA_PARTY] });
  });
  beforeEach(() => {
    agent = new UserAgent();
  });
  after(() => server.stop());

  const againOf = (html: string, kind = 'primary'): string | undefined =>
    new RegExp(`<a class="button ${kind}" href="([^"]+)">Sign in again</a>`)
      .exec(html)?.[1]
      ?.replaceAll('&amp;', '&');

  /** Follows “Sign in again” and compares the request with the original. */
  async function signInAgain(response: Response, parameters: URLSearchParams): Promise<URL> {
    const address = againOf(await response.text());
    const url = new URL(address ?? assert.fail('no “Sign in again”'), server.issuer);
    assert.deepEqual(Object.fromEntries(url.searchParams), Object.fromEntries(parameters));
    return url;
  }

  describe('from the page of an expired interaction', () => {
    const request = () => authorizationRequest(server.issuer, { prompt: 'consent', login_hint: 'al ice+&é' });

    async function open(url: URL) {
      const { response, url: address } = await agent.follow(url);
      return { url: address, html: await response.text() };
    }

    it('has the same parameters, after a reload', async () => {
      const { url, state } = request();
      const page = await open(url);
      expire(agent);
      const again = await signInAgain(await agent.get(page.url), url.searchParams);
      const end = await authorize(agent, { ...request(), url: again });
      assert.equal(end.searchParams.get('state'), state);
      assert.ok(end.searchParams.has('code'));
    });

    for (const [how, named] of [
      ['by its scopes', {}],
      ['by audience', { scope: 'openid', audience: API }],
    ] as const) {
      it(`names an API that the request named ${how} in audience, so that the token is for userinfo too`, async () => {
        const parameters = { scope: 'openid messages:read', prompt: 'consent', ...named };
        const sent = authorizationRequest(server.issuer, parameters);
        const page = await open(sent.url);
        expire(agent);
        const expected = authorizationRequest(server.issuer, { ...parameters, audience: API }).url
          .searchParams;
        for (const name of ['state', 'nonce', 'code_challenge'])
          expected.set(name, String(sent.url.searchParams.get(name)));
        const again = await signInAgain(await agent.get(page.url), expected);
        const end = await authorize(agent, { ...sent, url: again });
        const form = { grant_type: 'authorization_code', redirect_uri: WEB.redirectUri };
        const { body } = await token(server.issuer, {
          ...form,
          code: String(end.searchParams.get('code')),
          code_verifier: sent.verifier,
        });
        assert.deepEqual(decodeJwt(body.access_token).aud, [API, `${server.issuer}/userinfo`]);
      });
    }

    it('works after its form was submitted, and after “Cancel”', async () => {
      const { url } = request();
      const page = await open(url);
      expire(agent);
      const answer = await agent.submit(page, ALICE);
      assert.equal(answer.url.href, page.url.href);
      await signInAgain(answer.response, url.searchParams);
    });

    it('works at the consent page', async () => {
      const { url } = request();
      const next = await agent.submit(await open(url), ALICE);
      const page = { url: next.url, html: await next.response.text() };
      expire(agent);
      await signInAgain((await agent.submit(page, {})).response, url.searchParams);
    });

    it('works when the browser has lost its session', async () => {
      await signIn(server.issuer, { agent });
      const { url } = request();
      const page = await open(url);
      expire(agent, 'signet_session');
      const { response } = await agent.submit(page, {});
      assert.equal(response.headers.get('refresh'), `0; url=${page.url.pathname}`);
      await signInAgain(await agent.get(page.url), url.searchParams);
    });

    it('works when the store was emptied', async () => {
      const { url } = request();
      const page = await open(url);
      const database = new DatabaseSync(join(server.directory, 'signet.db'));
      database.exec("DELETE FROM artifacts WHERE kind = 'Interaction'");
      database.close();
      await signInAgain(await agent.get(page.url), url.searchParams);
    });

    it('keeps several values of a parameter', async () => {
      const { url } = request();
      url.searchParams.append('resource', API);
      url.searchParams.append('resource', API);
      const page = await open(url);
      expire(agent);
      const html = await (await agent.get(page.url)).text();
      assert.deepEqual(new URL(againOf(html) ?? '', server.issuer).searchParams.getAll('resource'), [
        API,
        API,
      ]);
    });

    it('is not offered for a pushed request (RFC 9126), which the browser cannot read', async () => {
      const { url } = request();
      const body = new URLSearchParams(url.searchParams);
      const headers = { Authorization: basic(WEB) };
      const pushed = await fetch(`${server.issuer}/par`, { method: 'POST', headers, body });
      const { request_uri } = (await pushed.json()) as { request_uri: string };
      const query = new URLSearchParams({ client_id: WEB.id, request_uri });
      const page = await open(new URL(`/authorize?${query.toString()}`, server.issuer));
      assert.equal(
        agent.cookie('signet_request')?.value.split('.').length,
        5,
        'a sealed text (RFC 7516 §7.1)',
      );
      expire(agent);
      const response = await agent.get(page.url);
      assert.equal(againOf(await response.clone().text()), undefined);
      await assertOver(response, 'http://localhost:3002/');
    });

    it('is not offered for a request with id_token_hint', async () => {
      const { tokens } = await signIn(server.issuer);
      const { url } = authorizationRequest(server.issuer, { id_token_hint: tokens.id_token as string });
      const page = await open(url);
      expire(agent);
      assert.equal(againOf(await (await agent.get(page.url)).text()), undefined);
    });

    it('links to /authorize, which checks forged parameters', async () => {
      const page = await open(request().url);
      expire(agent);
      const cookie = agent.cookie('signet_request');
      assert.ok(cookie);
      const forge = (params: unknown) =>
        ['e30', deflateRawSync(JSON.stringify(params)).toString('base64url'), 'AA'].join('.');
      for (const value of [
        'nonsense',
        'a.b.c',
        forge(null),
        forge(7),
        forge({}),
        forge({ client_id: ['x'] }),
      ]) {
        cookie.value = value;
        const response = await agent.get(page.url);
        assert.equal(againOf(await response.clone().text()), undefined, value);
        await assertOver(response, 'http://localhost:3002/');
      }
      cookie.value = forge({
        client_id: WEB.id,
        redirect_uri: 'https://evil.example/',
        response_type: 'code',
      });
      const forged = againOf(await (await agent.get(page.url)).text());
      const { response, url } = await agent.follow(new URL(forged ?? '', server.issuer));
      assert.deepEqual([response.status, url.pathname], [400, '/authorize']);
      cookie.value = forge({
        client_id: 'tea-party',
        redirect_uri: 'https://app.tea-party.example/callback',
      });
      assert.equal(againOf(await (await agent.get(page.url)).text()), undefined, 'another app than the hint');
    });
  });

  it('is offered after the link to the application, when the sign-in is finished', async () => {
    const { url } = authorizationRequest(server.issuer, { prompt: 'login' });
    const login = await agent.follow(url);
    const end = await agent.submit({ url: login.url, html: await login.response.text() }, ALICE);
    const consent = end.url.pathname.startsWith('/interaction/');
    if (consent) await agent.submit({ url: end.url, html: await end.response.text() }, {});
    const { response } = await agent.follow(login.url);
    const html = await response.text();
    assert.match(html, /It was finished or cancelled\. Go back to <strong><bdi>Sample App</);
    assert.match(html, /<a class="button primary" href="http:\/\/localhost:3002\/"/);
    const again = new URL(againOf(html, 'quiet') ?? '', server.issuer);
    assert.deepEqual(Object.fromEntries(again.searchParams), Object.fromEntries(url.searchParams));
  });

  describe('in a browser without cookies', () => {
    async function assertNoCookies(response: Response): Promise<void> {
      const html = await response.text();
      assert.equal(response.status, 400);
      assert.match(html, /<h1>Cookies are needed to sign in<\/h1>/);
      assert.match(html, new RegExp(`allow them for <strong><bdi>${new URL(server.issuer).host}</bdi>`));
      assert.match(html, /id="error">no_cookies</);
      assert.match(
        html,
        /<a class="button primary" href="http:\/\/localhost:3002\/"><span>Back to <bdi>Sample App</,
      );
      assert.deepEqual(
        response.headers.getSetCookie().filter((cookie) => !cookie.includes('expires=Thu, 01 Jan 1970')),
        [],
      );
    }

    const forgetful = async (url: string | URL, cookie?: string) =>
      await new UserAgent().get(url, cookie === undefined ? {} : { Cookie: cookie });

    it('says that cookies are needed, with a link to the application', async () => {
      const page = await begin(agent, server.issuer);
      await assertNoCookies(await forgetful(page.url));
      await assertNoCookies(await forgetful(page.url, 'another=1; my_signet_cookie=2'));
      await assertNoCookies((await new UserAgent().submit(page, ALICE)).response);
      assert.equal((await agent.get(page.url)).status, 200, 'the browser in which it began is not affected');
    });

    it('names no application for an unknown or expired interaction', async () => {
      await assertOver(await forgetful(`${server.issuer}/interaction/${'x'.repeat(43)}`), undefined);
      const page = await begin(agent, server.issuer, { prompt: 'login' });
      await agent.follow(new URL(/id="cancel" href="([^"]+)"/.exec(page.html)?.[1] as string, page.url));
      await assertOver(await forgetful(page.url), undefined);
    });
  });
});
