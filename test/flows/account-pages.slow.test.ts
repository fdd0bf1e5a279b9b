import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { authorizationRequest, signIn, token, WEB } from '../support/flow.ts';
import { mailsOf } from '../support/mails.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { AccountPages, doneNote } from '../support/account-page.ts';
import { UserAgent } from '../support/user-agent.ts';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';
const NEW_PASSWORD = 'caucus-race-thimble-dodo';
/** It asks for no consent. */
const OURS = {
  client_id: 'ours',
  client_secret: 'a-secret-of-more-than-32-characters',
  redirect_uris: [WEB.redirectUri],
  scope: 'openid email',
  first_party: true,
};

describe('the pages of /account', () => {
  let server: TestServer;
  let operator: Operator;
  let sub: string;
  before(async () => {
    server = await startTestServer({
      account: { editableClaims: ['name', 'website', 'locale', 'zoneinfo'] },
      clients: [OURS],
    });
    operator = await operate(server);
    const { tokens } = await signIn(server.issuer);
    sub = decodeJwt(tokens.id_token as string).sub as string;
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const url = (path: string) => `${server.issuer}${path}`;

  async function newcomer(): Promise<{ agent: UserAgent; pages: AccountPages; refresh: string }> {
    const agent = new UserAgent();
    agent.headers['User-Agent'] = FIREFOX;
    const { tokens } = await signIn(server.issuer, {
      agent,
      parameters: { scope: 'openid profile offline_access', prompt: 'consent' },
    });
    return { agent, pages: new AccountPages(server.issuer, agent), refresh: tokens.refresh_token as string };
  }

  const rows = (html: string) =>
    [...html.matchAll(/<h2[^>]*>([^]*?)<\/h2>/g)].map(([, text = '']) =>
      text
        .replaceAll(/<span class="avatar"[^>]*>.*?<\/span>|<[^>]*>/g, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    );

  it('are for people who are signed in', async () => {
    for (const path of ['', '/profile', '/password', '/sessions', '/apps', '/activity']) {
      const { status } = await new UserAgent().get(url(`/account${path}`));
      assert.equal(status, 303, path);
    }
    const { pages } = await newcomer();
    assert.match(await pages.open('/'), /href="\/account">Manage your account</);
    const overview = await pages.open('/account');
    assert.match(overview, /aria-current="page">Your account</);
    assert.match(overview, /<a href="\/account\/sessions">Devices</);
  });

  it('change the claims that the configuration names, and no others', async () => {
    const { pages } = await newcomer();
    const before = await operator.accounts.find(sub);
    const html = await pages.accepted('/account/profile', {
      name: ' Alice Pleasance Liddell ',
      website: 'https://wonderland.example/',
      locale: 'de',
      zoneinfo: 'Europe/Berlin',
      email: 'queen@example.com',
      email_verified: 'true',
      groups: 'admins',
    });
    // In the language that was chosen.
    assert.equal(doneNote(html), 'Ihr Profil ist gespeichert.');
    assert.match(html, /<option value="Europe\/Berlin" selected>/);
    assert.deepEqual((await operator.accounts.find(sub))?.claims, {
      ...before?.claims,
      name: 'Alice Pleasance Liddell',
      website: 'https://wonderland.example/',
      locale: 'de',
      zoneinfo: 'Europe/Berlin',
    });
    assert.equal(doneNote(await pages.open('/account/profile')), undefined);
  });

  it('keep what was typed when it is wrong', async () => {
    const { pages } = await newcomer();
    const before = await operator.accounts.find(sub);
    const fields = { name: 'Alice "Al"', website: 'looking-glass', locale: '', zoneinfo: '' };
    const response = await pages.send('/account/profile', fields);
    assert.equal(response.status, 400);
    const html = await response.text();
    assert.match(html, /id="name"[^>]* value="Alice &quot;Al&quot;"/);
    assert.match(
      html,
      /id="website"[^>]* value="looking-glass"[^>]*aria-describedby="[^"]*problem" aria-invalid/,
    );
    assert.deepEqual(await operator.accounts.find(sub), before);
    await pages.accepted('/account/profile', { ...fields, name: DEMO_ACCOUNT.claims.name, website: '' });
    const { claims } = (await operator.accounts.find(sub)) ?? {};
    assert.deepEqual([claims?.website, claims?.locale, claims?.zoneinfo], [undefined, undefined, undefined]);
  });

  it('list the sessions, end one, and end all others with their tokens', async () => {
    const { pages } = await newcomer();
    const one = await newcomer();
    const other = await newcomer();
    const html = await pages.open('/account/sessions');
    assert.equal(rows(html)[0], 'Firefox on Windows this one');
    assert.match(html, /<dt>Network<\/dt><dd><bdi>127\.0\.0\.0\/24<\/bdi><\/dd>/);
    assert.match(html, /<dt>With<\/dt><dd>password<\/dd>/);
    const [handle] = await handlesOf(one.pages, html);
    assert.equal(
      doneNote(await pages.accepted('/account/sessions', { session: handle ?? '' })),
      'The session has ended.',
    );
    assert.equal((await one.agent.get(url('/account'))).status, 303);
    assert.equal((await refresh(one.refresh)).body.error, 'invalid_grant');
    const after = await pages.accepted('/account/sessions', { others: 'yes' });
    assert.equal(doneNote(after), 'All other sessions have ended.');
    assert.deepEqual(rows(after), ['Firefox on Windows this one']);
    assert.match(after, /You are signed in here only/);
    assert.match(after, /A session ends when it is not used for 14 days/);
    // The last page of several: there are others on those before.
    assert.doesNotMatch(await pages.open('/account/sessions?after=0.x'), /You are signed in here only/);
    assert.equal((await other.agent.get(url('/account'))).status, 303);
    assert.equal((await refresh(other.refresh)).body.error, 'invalid_grant');
    assert.equal((await noticesOf('Your sessions were ended')).length, 1);
  });

  const noticesOf = async (wanted: string) =>
    (await mailsOf(server)).filter(
      ({ to, subject }) => to === DEMO_ACCOUNT.claims.email && subject === wanted,
    );

  /** The handle that a browser's own page does not offer to end. */
  async function handlesOf(pages: AccountPages, html: string): Promise<string[]> {
    const all = (text: string) =>
      [...text.matchAll(/name="session" value="(\w+)"/g)].map(([, id = '']) => id);
    const offered = new Set(all(await pages.open('/account/sessions')));
    return all(html).filter((id) => !offered.has(id));
  }

  const refresh = (refresh_token: string) =>
    token(server.issuer, { grant_type: 'refresh_token', refresh_token });

  it('list the connected applications in words, and withdraw their access', async () => {
    const { agent, pages, refresh: given } = await newcomer();
    const html = await pages.open('/account/apps');
    assert.deepEqual(rows(html), ['Sample App']);
    assert.match(html, /See your name, username, picture[^]*Keep this access while you are away/);
    const after = await pages.accepted('/account/apps', { client: 'demo-web' });
    assert.equal(doneNote(after), 'The application has no access any more.');
    assert.match(after, /No application has access to your account/);
    assert.equal((await refresh(given)).body.error, 'invalid_grant');
    const { url: asked } = await agent.follow(authorizationRequest(server.issuer).url);
    assert.match(asked.pathname, /^\/interaction\//);
  });

  it('list an application of this service: what it may do, since when, and how it gets access again', async () => {
    const { agent, pages } = await newcomer();
    assert.doesNotMatch(await pages.open('/account/apps'), /without asking/);
    const request = authorizationRequest(server.issuer, { client_id: OURS.client_id, scope: OURS.scope });
    await agent.get(request.url);
    const html = await pages.open('/account/apps');
    assert.deepEqual(rows(html), ['Sample App', 'ours']);
    const [, ours = ''] = html.split(/<bdi>ours<\/bdi>\s*<\/h2>/);
    assert.match(
      ours,
      /It belongs to this service[^]*email[^]*<dt>Since<\/dt><dd><time[^]*An application of this service gets it again without asking/i,
    );
    await pages.accepted('/account/apps', { client: OURS.client_id });
    assert.deepEqual(rows(await pages.open('/account/apps')), ['Sample App']);
  });

  it('change the password: this browser stays signed in, under another session id, and nothing else', async () => {
    const { agent, pages, refresh: given } = await newcomer();
    const other = await newcomer();
    const session = agent.cookie('signet_session')?.value;
    const wrong = await pages.send('/account/password', {
      current: 'white-rabbit-watch',
      new: NEW_PASSWORD,
    });
    assert.equal(wrong.status, 400);
    assert.match(await wrong.text(), /This is not your current password/);
    const weak = await pages.send('/account/password', { current: DEMO_ACCOUNT.password, new: 'short' });
    assert.equal(weak.status, 400);
    assert.match(await weak.text(), /The password is shorter than 12 characters/);
    const done = { current: DEMO_ACCOUNT.password, new: NEW_PASSWORD };
    assert.match(
      doneNote(await pages.accepted('/account/password', done)) ?? '',
      /^Your password is changed/,
    );
    assert.notEqual(agent.cookie('signet_session')?.value, session);
    assert.equal(rows(await pages.open('/account/sessions')).length, 1);
    assert.match(await pages.open('/account/sessions'), /Firefox on Windows.*this one/);
    assert.equal((await other.agent.get(url('/account'))).status, 303);
    for (const each of [given, other.refresh])
      assert.equal((await refresh(each)).body.error, 'invalid_grant');
    const stale = agent.clone();
    stale.setCookie(`signet_session=${session}; Path=/`, server.issuer);
    assert.equal((await stale.get(url('/account'))).status, 303);
    // The session serves applications as before: no sign-in is asked for.
    const { url: asked } = await agent.follow(authorizationRequest(server.issuer, { prompt: 'none' }).url);
    assert.equal(asked.searchParams.get('error'), 'consent_required');
    assert.equal((await noticesOf('Your password was changed')).length, 1);
    await operator.accounts.setPassword(sub, 'mock-turtle-gryphon-quadrille');
  });

  it('tell the activity in words, page by page, without that of others', async () => {
    const agent = new UserAgent();
    const person = { username: 'alice', password: 'mock-turtle-gryphon-quadrille' };
    await signIn(server.issuer, { agent, person });
    const pages = new AccountPages(server.issuer, agent);
    const at = Date.now() - 60_000;
    const events = Array.from({ length: 60 }, (_, index) => ({
      at: at - Math.floor(index / 4),
      type: 'session.ended',
      accountId: sub,
      traceId: `trace-${index}`,
    }));
    const stranger = { at, type: 'account.locked', accountId: 'bob', ip: '203.0.113.7' };
    await operator.store.audit.append([...events, stranger, { at, type: 'token.issued', accountId: sub }]);
    const found: string[] = [];
    for (let path: string | undefined = '/account/activity'; path !== undefined; ) {
      const html = await pages.open(path);
      found.push(html);
      path = /<p class="next-page"><a href="([^"]+)"/.exec(html)?.[1];
    }
    const texts = found.flatMap((html) =>
      [...html.matchAll(/<p class="event[^"]*">(.*?)<\/p>/g)].map(([, text]) => text),
    );
    assert.equal(texts.filter((text) => text === 'You signed out.').length, 60);
    assert.ok(texts.includes('You signed in to <bdi>Sample App</bdi>.'));
    assert.ok(texts.includes('The password was changed.'));
    assert.doesNotMatch(found.join(''), /203\.0\.113|trace-|blocked/);
    assert.equal((await agent.get(url('/account/activity?before=x&before=y'))).status, 200);
  });
});
