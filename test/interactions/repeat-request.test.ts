import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { deflateRawSync } from 'node:zlib';
import { API, authorizationRequest, authorize, basic, signIn, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';
import { ALICE, assertOver, begin, expire, TEA_PARTY } from './expired-sign-in.ts';

describe('a sign-in that is over', () => {
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

  /** Where the page's “Sign in again” leads, and that it is the request that was made. */
  async function signInAgain(response: Response, parameters: URLSearchParams): Promise<URL> {
    const address = againOf(await response.text());
    const url = new URL(address ?? assert.fail('no “Sign in again”'), server.issuer);
    assert.deepEqual(Object.fromEntries(url.searchParams), Object.fromEntries(parameters));
    return url;
  }

  describe('when its time is up, can be begun again from its page', () => {
    const request = () => authorizationRequest(server.issuer, { prompt: 'consent', login_hint: 'al ice+&é' });

    async function open(url: URL) {
      const { response, url: address } = await agent.follow(url);
      return { url: address, html: await response.text() };
    }

    it('with the same parameters, when the page is reloaded', async () => {
      const { url, state } = request();
      const page = await open(url);
      expire(agent);
      const again = await signInAgain(await agent.get(page.url), url.searchParams);
      const end = await authorize(agent, { ...request(), url: again });
      assert.equal(end.searchParams.get('state'), state);
      assert.ok(end.searchParams.has('code'));
    });

    it('when its form is sent, and the link cancels nothing', async () => {
      const { url } = request();
      const page = await open(url);
      expire(agent);
      const answer = await agent.submit(page, ALICE);
      assert.equal(answer.url.href, page.url.href);
      await signInAgain(answer.response, url.searchParams);
    });

    it('at the question of consent', async () => {
      const { url } = request();
      const next = await agent.submit(await open(url), ALICE);
      const page = { url: next.url, html: await next.response.text() };
      expire(agent);
      await signInAgain((await agent.submit(page, {})).response, url.searchParams);
    });

    it('when the browser has lost the session under it', async () => {
      await signIn(server.issuer, { agent });
      const { url } = request();
      const page = await open(url);
      expire(agent, 'signet_session');
      const { response } = await agent.submit(page, {});
      assert.equal(response.headers.get('refresh'), `0; url=${page.url.pathname}`);
      await signInAgain(await agent.get(page.url), url.searchParams);
    });

    it('when the store was emptied under the browser', async () => {
      const { url } = request();
      const page = await open(url);
      const database = new DatabaseSync(join(server.directory, 'signet.db'));
      database.exec("DELETE FROM artifacts WHERE kind = 'Interaction'");
      database.close();
      await signInAgain(await agent.get(page.url), url.searchParams);
    });

    it('with several values of one parameter', async () => {
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

    it('but not a request that was pushed (RFC 9126), of which the browser can read nothing', async () => {
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

    it('but not one that names its account by an ID token, which is the app’s to make', async () => {
      const { tokens } = await signIn(server.issuer);
      const { url } = authorizationRequest(server.issuer, { id_token_hint: tokens.id_token as string });
      const page = await open(url);
      expire(agent);
      assert.equal(againOf(await (await agent.get(page.url)).text()), undefined);
    });

    it('believes nothing of what the browser was made to keep: it leads to /authorize, which checks it', async () => {
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

  it('that has its answer leads back to the app first, and can be begun again too', async () => {
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

  describe('in a browser that keeps no cookies', () => {
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

    it('says so, with the way to the app', async () => {
      const page = await begin(agent, server.issuer);
      await assertNoCookies(await forgetful(page.url));
      await assertNoCookies(await forgetful(page.url, 'another=1; my_signet_cookie=2'));
      await assertNoCookies((await new UserAgent().submit(page, ALICE)).response);
      assert.equal((await agent.get(page.url)).status, 200, 'the browser in which it began is not affected');
    });

    it('names no application where there is no such sign-in, or not any more', async () => {
      await assertOver(await forgetful(`${server.issuer}/interaction/${'x'.repeat(43)}`), undefined);
      const page = await begin(agent, server.issuer, { prompt: 'login' });
      await agent.follow(new URL(/id="cancel" href="([^"]+)"/.exec(page.html)?.[1] as string, page.url));
      await assertOver(await forgetful(page.url), undefined);
    });
  });
});
