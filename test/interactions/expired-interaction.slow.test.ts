import assert from 'node:assert/strict';
import { authorizationRequest, signIn, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { ALICE, assertOver, begin, expire, SITE, TEA_PARTY } from './expired-sign-in.ts';

describe('the page of an interaction that has ended or expired', () => {
  let server: TestServer;
  let agent: UserAgent;
  before(async () => {
    server = await startTestServer({ clients: [TEA_PARTY] });
  });
  beforeEach(() => {
    agent = new UserAgent();
  });
  after(() => server.stop());

  for (const step of ['login', 'consent']) {
    it(`the URL of the ${step} form, opened by GET, redirects to its page`, async () => {
      const page = await begin(agent, server.issuer);
      const response = await agent.get(`${page.url.href}/${step}`);
      assert.equal(response.status, 303);
      assert.equal(response.headers.get('location'), page.url.pathname);
      assert.equal((await agent.follow(`${page.url.href}/${step}`)).response.status, 200);
    });
  }

  it('after a finished sign-in, links to the origin of the redirect URI', async () => {
    const page = await begin(agent, server.issuer, { prompt: 'login' });
    await agent.submit(page, ALICE);
    await signIn(server.issuer, { agent });
    const consent = await begin(agent, server.issuer, { prompt: 'consent' });
    await agent.submit(consent, {});
    await assertOver(await agent.get(consent.url), 'http://localhost:3002/');
  });

  it('redirects to the current step', async () => {
    const page = await begin(agent, server.issuer, { prompt: 'consent' });
    const consent = await agent.submit(page, ALICE);
    const back = await agent.follow(page.url);
    assert.equal(back.url.href, consent.url.href);
    assert.match(await back.response.text(), /asks for access/);
  });

  it('after its lifetime, links to client_uri, also when its form is submitted', async () => {
    const page = await begin(agent, server.issuer, {
      client_id: 'tea-party',
      redirect_uri: 'https://app.tea-party.example/callback',
      scope: 'openid',
    });
    expire(agent);
    await assertOver(await agent.get(page.url), SITE);
    const answer = await agent.submit(page, ALICE);
    assert.equal(answer.url.href, page.url.href, 'no trace of the form in the address');
    await assertOver(answer.response, SITE);
  });

  it('after its lifetime, “Cancel” leaves no token in the URL', async () => {
    const page = await begin(agent, server.issuer);
    const cancel = /id="cancel" href="([^"]+)"/.exec(page.html)?.[1] as string;
    assert.match(cancel, /csrf=/);
    expire(agent);
    const answer = await agent.follow(new URL(cancel, page.url));
    assert.equal(answer.url.href, page.url.href);
    await assertOver(answer.response, 'http://localhost:3002/');
  });

  it('names no application to another browser', async () => {
    const page = await begin(agent, server.issuer);
    const stranger = new UserAgent();
    stranger.setCookie('signet_device=x; path=/', server.issuer);
    await assertOver(await stranger.get(page.url), undefined);
  });

  it('ignores forged cookies', async () => {
    const page = await begin(agent, server.issuer);
    agent.forget(({ key }) => !key.includes('way_back'));
    const hint = agent.cookie('signet_way_back');
    assert.ok(hint);
    for (const forged of [
      'nonsense',
      '%00',
      Buffer.from('clientId=nobody').toString('base64url'),
      Buffer.from('clientId=https://evil.example').toString('base64url'),
      Buffer.from('step=//evil.example').toString('base64url'),
      Buffer.from(`step=${'../'.repeat(14)}x`).toString('base64url'),
    ]) {
      hint.value = forged;
      await assertOver(await agent.get(page.url), undefined);
    }
  });

  it('sets a cookie for its own path, for a day', async () => {
    const page = await begin(agent, server.issuer);
    const hint = agent.cookie('signet_way_back');
    assert.equal(hint?.path, page.url.pathname);
    assert.deepEqual([hint?.sameSite, hint?.httpOnly], ['lax', true]);
    assert.ok((hint?.TTL() ?? Infinity) < 86_401_000);
    assert.equal(Buffer.from(hint?.value ?? '', 'base64url').toString(), `clientId=${WEB.id}`);
  });

  it('clears the cookies of the interaction after each end', async () => {
    const interactions = () =>
      agent.cookies.filter(({ key }) => key === 'signet_interaction').map(({ path }) => path);
    const login = await begin(agent, server.issuer, { prompt: 'consent' });
    assert.deepEqual(interactions(), [login.url.pathname]);
    const consent = await agent.submit(login, ALICE);
    assert.deepEqual(interactions(), [consent.url.pathname]);
    await agent.submit({ url: consent.url, html: await consent.response.text() }, {});
    assert.deepEqual(interactions(), []);
    const again = await begin(agent, server.issuer, { prompt: 'consent' });
    await agent.follow(new URL(/id="cancel" href="([^"]+)"/.exec(again.html)?.[1] as string, again.url));
    assert.deepEqual(interactions(), []);
    const old = await begin(agent, server.issuer, { prompt: 'consent' });
    const cookie = agent.cookie('signet_interaction');
    assert.ok(cookie);
    cookie.value = 'x'.repeat(43);
    await agent.get(old.url);
    assert.deepEqual(interactions(), []);
  });

  it('clears its cookie before it sets the next one, for clients that identify cookies by name', async () => {
    const login = await begin(agent, server.issuer, { prompt: 'consent' });
    const form = formOf(login.html);
    const answer = await agent.post(new URL(form.action, login.url), { ...form.fields, ...ALICE });
    const resumed = await agent.get(new URL(answer.headers.get('location') as string, login.url));
    const [first, second] = resumed.headers
      .getSetCookie()
      .filter((cookie) => cookie.startsWith('signet_interaction='));
    assert.match(first ?? '', /^signet_interaction=; path=[^;]+; expires=Thu, 01 Jan 1970/);
    assert.match(second ?? '', /^signet_interaction=[\w-]{43}; path=/);
  });

  it('at the resume URL, redirects a browser to the page of the interaction', async () => {
    const page = await begin(agent, server.issuer);
    const returnTo = `${server.issuer}/authorize/${page.url.pathname.split('/')[2]}`;
    const response = await new UserAgent().get(returnTo);
    assert.equal(response.headers.get('refresh'), `0; url=${page.url.pathname}`);
    await assertOver(response, undefined);
  });
});

describe('“Cancel”', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  it('returns access_denied with the step to the application', async () => {
    const agent = new UserAgent();
    const cancel = async (page: { url: URL; html: string }) => {
      const href = /id="cancel" href="([^"]+)"/.exec(page.html)?.[1] as string;
      return (await agent.follow(new URL(href, page.url))).url.searchParams;
    };
    const open = async () => {
      const { url, response } = await agent.follow(authorizationRequest(server.issuer).url);
      return { url, html: await response.text() };
    };
    const atLogin = await cancel(await open());
    assert.equal(atLogin.get('error'), 'access_denied');
    assert.equal(atLogin.get('error_description'), 'You cancelled the sign-in.');
    const { url, response } = await agent.submit(await open(), ALICE);
    const atConsent = await cancel({ url, html: await response.text() });
    assert.equal(atConsent.get('error_description'), 'You did not allow the access.');
  });
});
