import assert from 'node:assert/strict';
import { authorizationRequest, signIn, WEB } from '../support/flow.ts';
import { mailsOf } from '../support/mails.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const CLAIMS = { locale: 'de_AT', email: 'bertha@example.com', email_verified: true };
/** It refuses everyone. */
const CLOSED = {
  client_id: 'closed',
  client_secret: 'a-secret-of-more-than-32-characters',
  redirect_uris: [WEB.redirectUri],
  scope: 'openid',
  allowed_groups: ['nobody'],
};
const PERSON = { username: 'bertha', password: 'a-long-pass-phrase' };

describe('the language of a page: ui_locales, then that of the account, then Accept-Language', () => {
  let server: TestServer;
  let operator: Operator;
  before(async () => {
    server = await startTestServer({ clients: [CLOSED] });
    operator = await operate(server);
    await operator.accounts.add({ ...PERSON, claims: CLAIMS });
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const browser = (languages: string): UserAgent => {
    const agent = new UserAgent();
    Object.assign(agent.headers, { Accept: BROWSER, 'Accept-Language': languages });
    return agent;
  };
  /** Language and heading of a page. */
  const seen = async (response: Response): Promise<string[]> => {
    const html = await response.text();
    const [, lang = ''] = /<html lang="([^"]*)">/.exec(html) ?? [];
    const [, heading = ''] = /<h1>(.*?)<\/h1>/.exec(html) ?? [];
    assert.equal(response.headers.get('content-language'), lang);
    assert.equal(response.headers.get('cache-control'), 'no-store', 'no cache needs Vary');
    return [lang, heading];
  };
  const ask = async (languages: string, path: string): Promise<string[]> =>
    await seen(await browser(languages).get(server.issuer + path));
  const login = async (languages: string, uiLocales?: string): Promise<string[]> => {
    const { url } = authorizationRequest(server.issuer, { ui_locales: uiLocales });
    return await seen((await browser(languages).follow(url)).response);
  };

  it('of the sign-in page, with its errors', async () => {
    assert.deepEqual(await login('fr, de;q=0.5'), ['de', 'Anmelden']);
    assert.deepEqual(await login('fr'), ['en', 'Sign in']);
    assert.deepEqual(await login('*'), ['en', 'Sign in']);
    assert.deepEqual(await login('en', 'tlh de-CH'), ['de', 'Anmelden']);
    assert.deepEqual(await login('de', 'en-GB de'), ['en', 'Sign in']);
    const agent = browser('en');
    const { url } = authorizationRequest(server.issuer, { ui_locales: 'de' });
    const page = await agent.follow(url);
    const html = await page.response.text();
    const again = await agent.submit({ url: page.url, html }, { login: 'alice', password: 'wrong' });
    assert.match(await again.response.text(), /<strong>Die Anmeldung hat nicht geklappt<\/strong>/);
  });

  it('of the steps after the sign-in and of the front page, which know the account', async () => {
    const { url } = authorizationRequest(server.issuer);
    const agent = browser('en');
    const page = await agent.follow(url);
    const html = await page.response.text();
    assert.match(html, /<h1>Sign in<\/h1>/);
    const consent = await agent.submit(
      { url: page.url, html },
      { login: PERSON.username, password: PERSON.password },
    );
    assert.deepEqual(await seen(consent.response), [
      'de',
      '<bdi>Sample App</bdi> möchte auf Ihr Konto zugreifen',
    ]);
    const named = authorizationRequest(server.issuer, { ui_locales: 'en' });
    assert.deepEqual(await seen((await agent.follow(named.url)).response), [
      'en',
      '<bdi>Sample App</bdi> asks for access to your account',
    ]);
    const front = async (query: string): Promise<string[]> =>
      await seen((await agent.follow(`${server.issuer}/${query}`)).response);
    assert.deepEqual(await front(''), ['de', 'Sie sind angemeldet']);
    assert.deepEqual(await front('?ui_locales=en'), ['en', 'You are signed in']);
    assert.deepEqual(await front('logout?'), ['de', 'Abmelden?']);
    assert.deepEqual(await front('logout?ui_locales=en'), ['en', 'Sign out?']);
  });

  it('of errors of an authorization request', async () => {
    const wrong = { redirect_uri: 'http://localhost:3002/wrong', ui_locales: 'de' };
    const { pathname, search } = authorizationRequest(server.issuer, wrong).url;
    assert.deepEqual(await ask('en', pathname + search), [
      'de',
      'Die Anwendung ist nicht richtig eingerichtet',
    ]);
    const tooLong = authorizationRequest(server.issuer, { state: 'x'.repeat(3000), ui_locales: 'de' }).url;
    assert.deepEqual(await ask('en', tooLong.pathname + tooLong.search), [
      'de',
      'Diese Anfrage ist ungültig',
    ]);
    assert.deepEqual(await ask('de', '/nowhere'), ['de', 'Diese Seite gibt es nicht']);
  });

  it('of an interaction that is over', async () => {
    const { agent } = await signIn(server.issuer, { agent: browser('en') });
    const { url } = authorizationRequest(server.issuer, { ui_locales: 'de', prompt: 'login' });
    const page = await agent.follow(url);
    await page.response.text();
    const cookie = agent.cookies.find(({ key, path }) => key.endsWith('signet_interaction') && path !== '/');
    assert.ok(cookie !== undefined);
    cookie.value = 'x';
    assert.deepEqual(await seen(await agent.get(page.url)), ['de', 'Diese Anmeldung ist beendet']);
  });

  it('of a refusal, and of an account that is to be deleted', async () => {
    const agent = browser('en');
    const request = authorizationRequest(server.issuer, { client_id: 'closed', scope: 'openid' });
    const page = await agent.follow(request.url);
    const credentials = { login: PERSON.username, password: PERSON.password };
    const refused = await agent.submit({ url: page.url, html: await page.response.text() }, credentials);
    assert.deepEqual(await seen(refused.response), ['de', 'Sie können <bdi>closed</bdi> nicht verwenden']);
    const { id = '' } = (await operator.accounts.findByUsername(PERSON.username)) ?? {};
    const at = Math.floor(Date.now() / 1000);
    const deletion = { requestedAt: at, at: at + 600 };
    await operator.store.accounts.update(id, ({ details }) => ({ details: { ...details, deletion } }));
    const keep = await agent.follow(authorizationRequest(server.issuer).url);
    assert.deepEqual(await seen(keep.response), ['de', 'Konto behalten?']);
    await operator.store.accounts.update(id, ({ details }) => ({
      details: { ...details, deletion: undefined },
    }));
  });

  it('of a forgotten password, from the sign-in page on and from the mail on', async () => {
    const agent = browser('en');
    const { url } = authorizationRequest(server.issuer, { ui_locales: 'de' });
    const page = await agent.follow(url);
    const [, link = ''] = /id="forgotten" href="([^"]+)"/.exec(await page.response.text()) ?? [];
    const asked = await agent.follow(new URL(link.replace('&amp;', '&'), page.url));
    const html = await asked.response.text();
    assert.match(html, /<html lang="de">/);
    const sent = await agent.submit({ url: asked.url, html }, { name: 'bertha@example.com' });
    assert.deepEqual(await seen(sent.response), ['de', 'Sehen Sie in Ihrem Postfach nach']);
    const mail = (await mailsOf(server)).at(-1);
    const reset = await agent.follow(/http\S+token=[\w-]{43}/.exec(mail?.text ?? '')?.[0] ?? '');
    const form = { url: reset.url, html: await reset.response.text() };
    const done = await agent.submit(form, { password: 'another-long-pass-phrase' });
    assert.match(done.url.pathname, /\/password_changed$/);
    assert.deepEqual(await seen(done.response), ['de', 'Ihr Passwort ist gespeichert']);
  });

  it('K22: a language is one of the catalogues, whatever a request names', async () => {
    for (const named of ['__proto__ constructor', '../de', 'de\r\nX-Other: 1', '%64%65', 'd', '-', 'x-de'])
      assert.deepEqual(await login('', named), ['en', 'Sign in'], named);
    assert.deepEqual(await login('', `${'tlh '.repeat(20)}de`), ['en', 'Sign in'], 'more than 20');
    assert.deepEqual(await login(`${'tlh,'.repeat(2000)}de`), ['en', 'Sign in']);
    assert.deepEqual(await ask('en', '/?ui_locales=de&ui_locales=de'), ['en', 'Sign-in service']);
  });

  it('K21: JSON for applications is in English, whatever a request says', async () => {
    const headers = { Accept: 'application/json', 'Accept-Language': 'de' };
    const get = async (path: string): Promise<string> => {
      const response = await fetch(server.issuer + path, { headers });
      assert.equal(response.headers.get('content-language'), null);
      return await response.text();
    };
    assert.match(await get('/nowhere?ui_locales=de'), /"error_description":"nothing is at this address"/);
    const { client_id, ...others } = { client_id: WEB.id, grant_type: 'authorization_code' };
    const body = new URLSearchParams({ client_id, ...others, ui_locales: 'de' });
    const response = await fetch(`${server.issuer}/token`, { method: 'POST', headers, body });
    assert.equal(
      ((await response.json()) as { error_description: string }).error_description,
      'client authentication failed',
    );
    const metadata = JSON.parse(await get('/.well-known/openid-configuration')) as object;
    assert.deepEqual((metadata as { ui_locales_supported: string[] }).ui_locales_supported, ['en', 'de']);
  });
});
