import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { authorizationRequest, authorize, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const COOKIE = 'signet_browser_state';

describe('Session management (OpenID Connect Session Management 1.0)', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ logout: { sessionManagement: true } });
  });
  after(() => server.stop());

  const stateIn = (response: Response) =>
    response.headers
      .getSetCookie()
      .map((cookie) => new RegExp(`^${COOKIE}=([^;]*)(.*)$`).exec(cookie))
      .find((match) => match !== null);

  const silent = (agent: UserAgent, parameters = {}) =>
    agent.follow(authorizationRequest(server.issuer, { prompt: 'none', ...parameters }).url);

  /** §3.2, with the cookie as the frame reads it. */
  function expected(state: string, salt: string): string {
    const text = `${WEB.id} ${new URL(WEB.redirectUri).origin} ${state} ${salt}`;
    return `${createHash('sha256').update(text).digest('hex')}.${salt}`;
  }

  it('adds session_state to an authentication response, from a cookie that scripts can read (§2)', async () => {
    const agent = new UserAgent();
    const callback = await authorize(agent, authorizationRequest(server.issuer));
    const sessionState = String(callback.searchParams.get('session_state'));
    const cookie = agent.cookie(COOKIE);
    assert.equal(cookie?.httpOnly, false);
    assert.equal(sessionState, expected(cookie?.value ?? '', String(sessionState.split('.')[1])));
    const again = await silent(agent);
    assert.notEqual(again.url.searchParams.get('session_state'), sessionState);
    assert.equal(agent.cookie(COOKIE)?.value, cookie?.value);
  });

  it('does not add it without the scope openid', async () => {
    const agent = new UserAgent();
    const callback = await authorize(
      agent,
      authorizationRequest(server.issuer, { scope: 'messages:read', nonce: undefined }),
    );
    assert.deepEqual(
      [callback.searchParams.has('code'), callback.searchParams.has('session_state')],
      [true, false],
    );
  });

  it('has another state for another session, and none after a sign-out', async () => {
    const agent = new UserAgent();
    await authorize(agent, authorizationRequest(server.issuer));
    const first = agent.cookie(COOKIE)?.value;
    const page = await agent.follow(`${server.issuer}/logout`);
    await agent.submit({ url: page.url, html: await page.response.text() }, { logout: 'yes' });
    assert.equal(agent.cookie(COOKIE), undefined);
    const { url } = await silent(agent);
    assert.deepEqual(
      [url.searchParams.get('error'), url.searchParams.has('session_state')],
      ['login_required', false],
    );
    await authorize(agent, authorizationRequest(server.issuer));
    const second = agent.cookie(COOKIE)?.value;
    assert.notEqual(second, first);
    assert.match(String(second), /^[\w-]{43}$/);
  });

  it('clears the cookie where the session has ended elsewhere', async () => {
    const agent = new UserAgent();
    agent.setCookie(`${COOKIE}=old; Path=/`, server.issuer);
    const { url } = authorizationRequest(server.issuer, { prompt: 'none' });
    assert.equal(stateIn(await agent.get(url))?.[1], '');
    agent.setCookie(`${COOKIE}=old; Path=/`, server.issuer);
    // A frame of another site has this cookie, and not that of the session, which may be alive.
    const framed = { 'Sec-Fetch-Dest': 'iframe', 'Sec-Fetch-Site': 'cross-site' };
    for (const address of [url, `${server.issuer}/logout`])
      assert.equal(stateIn(await agent.get(address, framed)), undefined);
  });

  it('serves a page for frames of every site, with one script and nothing else (§3.2)', async () => {
    const metadata = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json();
    const address = String((metadata as Record<string, unknown>).check_session_iframe);
    assert.equal(address, `${server.issuer}/check_session`);
    const response = await fetch(address, {
      headers: { 'Sec-Fetch-Dest': 'iframe', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' },
    });
    const html = await response.text();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('x-frame-options'), null);
    assert.equal(response.headers.get('cross-origin-resource-policy'), 'cross-origin');
    assert.deepEqual(response.headers.getSetCookie(), []);
    const script = /<script>(.*)<\/script>/s.exec(html)?.[1] ?? '';
    const digest = createHash('sha256').update(script).digest('base64');
    assert.equal(
      response.headers.get('content-security-policy'),
      `default-src 'none'; script-src 'sha256-${digest}'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors *; object-src 'none'; base-uri 'none'`,
    );
    const origin = new URL(WEB.redirectUri).origin;
    const states = { 'other=x': expected('', 'ab'), [`${COOKIE}=state`]: expected('state', 'ab') };
    const answers = Object.entries(states).map(([cookie, state]) =>
      answerOf(script, cookie, `${WEB.id} ${state}`, origin),
    );
    // Without a session nobody has a value, and one that is made up is not confirmed.
    assert.deepEqual(answers, ['changed', 'unchanged']);
  });

  /** What the frame answers to the page of an application. */
  function answerOf(script: string, cookie: string, data: string, origin: string): unknown {
    let listen: (event: object) => void = () => {};
    let answer: unknown;
    runInNewContext(script, {
      document: { cookie },
      addEventListener: (_type: string, listener: typeof listen) => void (listen = listener),
    });
    const source = { postMessage: (text: unknown) => void (answer = text) };
    listen({ data, origin, source });
    return answer;
  }
});
