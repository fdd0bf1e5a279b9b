import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { withClock } from '../support/clock.ts';
import { basic } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const ADMIN = { username: 'admin', password: 'curiouser-and-curiouser' };

describe('The sign-in of the account pages', () => {
  let server: TestServer;
  let operator: Operator;
  before(async () => {
    server = await startTestServer({ mfa: { groups: { admins: 'required' } } });
    operator = await operate(server);
    await operator.accounts.add({ ...ADMIN, claims: { groups: ['admins'] } });
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const at = (path: string) => new URL(path, server.issuer);

  /** Opens a page, and signs in where the sign-in page comes. */
  async function open(
    agent: UserAgent,
    path: string,
    person: { username: string; password: string } = DEMO_ACCOUNT,
  ): Promise<{ url: URL; html: string; status: number }> {
    let { response, url } = await agent.follow(at(path));
    let html = await response.text();
    if (html.includes('id="password"') && url.pathname.startsWith('/interaction/')) {
      ({ response, url } = await agent.submit(
        { url, html },
        { login: person.username, password: person.password },
      ));
      html = await response.text();
    }
    return { url, html, status: response.status };
  }

  it('begins at the page, names this service, and leads back to the page with its query', async () => {
    const agent = new UserAgent();
    const { response, url } = await agent.follow(at('/account/activity?after=a%2Bb'));
    assert.match(url.pathname, /^\/interaction\//);
    const signIn = await response.text();
    assert.match(signIn, /to continue to <strong><bdi>Signet<\/bdi>/);
    assert.doesNotMatch(signIn, /client-links/, 'a link to the page that asks for the sign-in');
    const page = await open(agent, '/account/activity?after=a%2Bb');
    assert.equal(page.url.pathname + page.url.search, '/account/activity?after=a%2Bb');
    // The session is one of applications, too.
    assert.equal((await open(agent, '/account')).url.pathname, '/account');
  });

  it('has the languages of the link to the page', async () => {
    const { response } = await new UserAgent().follow(at('/account?ui_locales=de'));
    assert.match(await response.text(), /<html lang="de"/);
    const long = await new UserAgent().follow(at(`/account?ui_locales=${'x'.repeat(300)}`));
    assert.equal(long.response.status, 200);
  });

  it('is linked from the home page', async () => {
    const html = await (await fetch(at('/'))).text();
    assert.match(html, /id="sign-in" href="\/account"/);
  });

  it('leads home when it is cancelled, and never to another site', async () => {
    const agent = new UserAgent();
    for (const [query, location] of [
      ['error=access_denied&state=/account/apps', '/'],
      ['code=x&state=https://evil.example/account', '/account'],
      ['code=x&state=//evil.example/account', '/account'],
      ['code=x&state=/account//evil.example', '/account'],
      ['code=x&state=/account/..//evil.example', '/account'],
      ['code=x&state=/accounting', '/account'],
      ['code=x&state=/account/apps&state=/account', '/account'],
      ['code=x&state=/account/apps', '/account/apps'],
    ]) {
      const response = await agent.get(at(`/account/signed-in?${query}`));
      assert.equal(response.headers.get('location'), location, query);
    }
  });

  it('is asked for again by a page that needs a fresh one, with the name filled in', async () => {
    await withClock(async (clock) => {
      const agent = new UserAgent();
      assert.equal((await open(agent, '/account/password')).url.pathname, '/account/password');
      clock.advance(301);
      const { response, url } = await agent.follow(at('/account/password'));
      assert.match(url.pathname, /^\/interaction\//);
      assert.match(await response.text(), /name="login"[^>]*value="alice"/);
      assert.equal((await open(agent, '/account')).url.pathname, '/account');
      assert.equal((await open(agent, '/account/password')).url.pathname, '/account/password');
    });
  });

  it('is asked for again by a form that comes too late: nothing is changed', async () => {
    await withClock(async (clock) => {
      const agent = new UserAgent();
      const { html } = await open(agent, '/account/password');
      const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(html) ?? [];
      clock.advance(301);
      const response = await agent.post(at('/account/password'), { csrf, current: 'x', new: 'y' });
      assert.equal(response.status, 303);
      assert.match(String(response.headers.get('location')), /^\/authorize\?.*state=%2Faccount%2Fpassword&/);
    });
  });

  it('ends at a page that says who can help, for a person who needs a second factor and has none', async () => {
    const { url, html, status } = await open(new UserAgent(), '/account', ADMIN);
    assert.match(url.pathname, /^\/interaction\/[^/]+\/second_factor$/);
    assert.equal(status, 200);
    assert.match(html, /Your account needs a second step/);
    assert.doesNotMatch(html, /<form/);
  });

  it('has a client that no one can use otherwise', async () => {
    const client = { client_id: 'signet-account', client_secret: 'x' };
    for (const grant of [
      { grant_type: 'client_credentials' },
      { grant_type: 'authorization_code', code: 'x' },
    ]) {
      const response = await fetch(at('/token'), {
        method: 'POST',
        headers: { Authorization: basic({ id: client.client_id, secret: client.client_secret }) },
        body: new URLSearchParams(grant),
      });
      assert.equal(response.status, 401);
    }
    assert.equal(await operator.clients.find('signet-account'), undefined);
    await assert.rejects(
      operator.clients.add({ client_id: 'signet-account', redirect_uris: ['https://a.example/'] }),
      /reserved/,
    );
  });
});
