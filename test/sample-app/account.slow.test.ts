import assert from 'node:assert/strict';
import { UserAgent } from '../support/user-agent.ts';
import { Stage, stop } from './stage.ts';

describe('sample app: the account page', () => {
  let stage: Stage;
  let browser: UserAgent;

  beforeEach(async () => {
    stage = await Stage.open();
    browser = await stage.signedIn();
  });

  afterEach(() => stage.close());

  const isSignedIn = async (): Promise<boolean> => (await stage.page(browser)).includes('Hello, ');

  describe('calls the API', () => {
    it('to write and read messages', async () => {
      const written = await stage.submit(browser, '/call-api', { text: 'Curiouser <b>and</b> curiouser' });
      assert.equal(written.status, 303);
      assert.equal(written.headers.get('location'), '/#api');
      assert.match(
        await stage.page(browser),
        /POST http:\/\/localhost:\d+\/messages<\/code>[^§]*201 Created/,
      );
      await stage.submit(browser, '/call-api');
      const html = await stage.page(browser);
      assert.match(html, /GET http:\/\/localhost:\d+\/messages<\/code>[^§]*200 OK/);
      assert.ok(html.includes('Curiouser &lt;b&gt;and&lt;/b&gt; curiouser'));
    });

    it('and shows its errors with what to do', async () => {
      stage.issuer.accessTokenClaims = { exp: 1 };
      browser = await stage.signedIn();
      await stage.submit(browser, '/call-api');
      const html = await stage.page(browser);
      assert.ok(html.includes('401 Unauthorized'));
      assert.ok(html.includes('Refresh it and call again'));
    });

    it('and shows the missing permission', async () => {
      stage.issuer.scope = 'openid messages:read';
      browser = await stage.signedIn();
      await stage.submit(browser, '/call-api', { text: 'hello' });
      const html = await stage.page(browser);
      assert.ok(html.includes('403 Forbidden'));
      assert.ok(html.includes('insufficient_scope'));
    });

    it('and reports when it does not respond', async () => {
      await stop(stage.api);
      assert.equal((await stage.submit(browser, '/call-api')).status, 303);
      assert.ok((await stage.page(browser)).includes('Is the API running?'));
    });
  });

  it('shows the expiry of the access token, and that it has expired', async () => {
    assert.match(await stage.page(browser), /valid<\/span> until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    const start = Date.now();
    stage.now = () => start + 301_000;
    assert.match(await stage.page(browser), /expired<\/span> since/);
  });

  describe('refreshes', () => {
    it('and stores the new tokens and claims', async () => {
      stage.issuer.claims = { name: 'Alice P. Liddell' };
      for (const _ of [1, 2]) assert.equal((await stage.submit(browser, '/refresh')).status, 303);
      assert.ok((await stage.page(browser)).includes('Hello, Alice P. Liddell'));
      const [, first, second] = stage.issuer.tokenRequests;
      assert.equal(first?.get('resource'), stage.issuer.api);
      assert.notEqual(first?.get('refresh_token'), second?.get('refresh_token'));
    });

    it('with one request for several tabs: a rotated refresh token can be used once (RFC 9700 §4.14.2)', async () => {
      const responses = await Promise.all([1, 2, 3].map(() => stage.submit(browser, '/refresh')));
      assert.deepEqual(
        responses.map(({ status }) => status),
        [303, 303, 303],
      );
      assert.equal(await isSignedIn(), true);
      assert.equal((await stage.submit(browser, '/refresh')).status, 303);
    });

    it('and ends the session when the grant was revoked', async () => {
      stage.issuer.tokenError = {
        status: 400,
        body: { error: 'invalid_grant', error_description: 'grant revoked' },
      };
      const response = await stage.submit(browser, '/refresh');
      assert.equal(response.status, 400);
      assert.ok((await response.text()).includes('grant revoked'));
      assert.equal(await isSignedIn(), false);
    });

    it('and keeps the session when the server is down', async () => {
      await stage.issuer.stop();
      const response = await stage.submit(browser, '/refresh');
      await stage.issuer.listen();
      assert.equal(response.status, 503);
      assert.equal(await isSignedIn(), true);
      assert.equal((await stage.submit(browser, '/refresh')).status, 303);
    });

    it('and rejects an ID token for another person (OpenID Connect Core §12.2)', async () => {
      stage.issuer.claims = { sub: 'mallory-id', name: 'Mallory' };
      const response = await stage.submit(browser, '/refresh');
      assert.equal(response.status, 502);
      assert.ok((await stage.page(browser)).includes('Hello, Alice Liddell'));
    });

    it('only when a refresh token was issued', async () => {
      stage.issuer.withRefreshToken = false;
      browser = await stage.signedIn();
      assert.match(await stage.page(browser), /none was issued/);
      assert.doesNotMatch(await stage.page(browser), /action="\/refresh"/);
      assert.equal((await stage.submit(browser, '/refresh')).status, 400);
    });
  });

  describe('signs out', () => {
    it('in the app and at the issuer (OpenID Connect RP-Initiated Logout §2)', async () => {
      const response = await stage.submit(browser, '/logout');
      assert.equal(response.status, 303);
      const url = new URL(response.headers.get('location') ?? '');
      assert.equal(url.origin + url.pathname, `${stage.issuer.url}/logout`);
      assert.match(url.searchParams.get('id_token_hint') ?? '', /^eyJ/);
      assert.equal(url.searchParams.get('post_logout_redirect_uri'), `${stage.url}/`);
      assert.equal(await isSignedIn(), false);
    });

    it('and deletes the session, not only the cookie', async () => {
      const thief = new UserAgent();
      thief.headers.Cookie = `sample_app_session=${browser.cookie('sample_app_session')?.value}`;
      assert.ok((await stage.page(thief)).includes('Hello, '));
      await stage.submit(browser, '/logout');
      assert.ok(!(await stage.page(thief)).includes('Hello, '));
    });
  });
});

describe('sample app: the account page, to forged requests', () => {
  let stage: Stage;
  let browser: UserAgent;
  /** The tokens of its session and of another one. */
  let own: string;
  let other: string;

  before(async () => {
    stage = await Stage.open();
    browser = await stage.signedIn();
    own = await stage.csrfToken(browser);
    other = await stage.csrfToken(await stage.signedIn());
  });
  after(() => stage.close());

  for (const path of ['/call-api', '/refresh', '/logout']) {
    describe(`rejects a POST to ${path}`, () => {
      const attempts: [
        string,
        (fields: { own: string; other: string }) => string | Record<string, string>,
      ][] = [
        ['without a token', () => ({})],
        ['with an empty token', () => ({ csrf: '' })],
        ['with a wrong token', () => ({ csrf: 'A'.repeat(43) })],
        ["with another session's token", ({ other }) => ({ csrf: other })],
        ['with the token as JSON', ({ own }) => JSON.stringify({ csrf: own })],
        ['with the token twice', ({ own }) => `csrf=${own}&csrf=${own}`],
        ['with the token in an array', ({ own }) => `csrf[]=${own}`],
      ];

      for (const [name, fields] of attempts) {
        it(name, async () => {
          const before = stage.issuer.tokenRequests.length;
          const body = fields({ own, other });
          const response =
            typeof body === 'string'
              ? await fetch(stage.url + path, {
                  method: 'POST',
                  redirect: 'manual',
                  body,
                  headers: {
                    cookie: `sample_app_session=${browser.cookie('sample_app_session')?.value}`,
                    'content-type': body.startsWith('{')
                      ? 'application/json'
                      : 'application/x-www-form-urlencoded',
                  },
                })
              : await browser.post(stage.url + path, body);
          assert.equal(response.status, 403);
          assert.ok((await response.text()).includes('<code>form_expired</code>'));
          assert.equal(stage.issuer.tokenRequests.length, before);
          const html = await stage.page(browser);
          assert.ok(html.includes('Hello, ') && !html.includes('class="answer"'));
        });
      }

      it('without a session', async () => {
        const response = await new UserAgent().post(stage.url + path, { csrf: own });
        assert.equal(response.status, 403);
      });
    });
  }
});
