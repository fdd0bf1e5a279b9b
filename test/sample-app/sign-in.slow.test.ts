import assert from 'node:assert/strict';
import { generateKeyPair } from 'jose';
import { UserAgent } from '../support/user-agent.ts';
import { Stage } from './stage.ts';

const MINUTE = 60_000;

describe('sample app: sign-in', () => {
  let stage: Stage;
  let browser: UserAgent;

  beforeEach(async () => {
    stage = await Stage.open();
    browser = new UserAgent();
  });

  afterEach(() => stage.close());

  const isSignedIn = async (who = browser): Promise<boolean> => (await stage.page(who)).includes('Hello, ');

  /** The response is a page with an error code, and there is no session. */
  async function assertRejected(response: Response, status: number, code: string): Promise<string> {
    const html = await response.text();
    assert.equal(response.status, status, html);
    assert.match(html, new RegExp(`<code>${code}</code>`));
    assert.doesNotMatch(html, /node_modules|\.ts:\d|at async /);
    assert.equal(await isSignedIn(), false);
    return html;
  }

  it('is offered to everyone without a session', async () => {
    const html = await stage.page(browser);
    assert.match(html, /<a class="button primary large" href="\/login">Sign in<\/a>/);
    assert.equal(browser.cookies.length, 0);
  });

  it('requests a code with PKCE S256, state, nonce and the API as resource', async () => {
    await stage.toCallback(browser);
    const [request] = stage.issuer.authorizationRequests;
    assert.ok(request);
    const { state, nonce, code_challenge: challenge, ...rest } = Object.fromEntries(request);
    assert.deepEqual(rest, {
      client_id: 'demo-web',
      response_type: 'code',
      redirect_uri: `${stage.url}/callback`,
      scope: 'openid profile email messages:read messages:write',
      resource: stage.issuer.api,
      code_challenge_method: 'S256',
    });
    for (const value of [state, nonce, challenge]) assert.match(value ?? '', /^[\w-]{43}$/);
  });

  it('requests offline access on demand, with the consent that OpenID Connect Core §11 requires', async () => {
    await stage.signIn(browser);
    const page = await stage.page(browser);
    assert.match(page, /valid until you sign out/);
    const [, path = ''] = /href="(\/login\?[^"]+)"/.exec(page) ?? [];
    const login = await browser.get(stage.url + path);
    const request = new URL(login.headers.get('location') ?? '').searchParams;
    assert.equal(request.get('prompt'), 'consent');
    assert.ok(request.get('scope')?.split(' ').includes('offline_access'));
    const authorized = await fetch(login.headers.get('location') ?? '', { redirect: 'manual' });
    await browser.get(authorized.headers.get('location') ?? '');
    const renewed = await stage.page(browser);
    assert.match(renewed, /valid after you sign out too/);
    assert.doesNotMatch(renewed, /href="\/login\?/);
  });

  it('redeems the code for the same resource and shows the claims of the ID token', async () => {
    const response = await stage.signIn(browser);
    assert.equal(response.status, 303);
    assert.equal(response.headers.get('location'), '/');
    assert.equal(stage.issuer.tokenRequests[0]?.get('resource'), stage.issuer.api);
    const html = await stage.page(browser);
    for (const text of ['Hello, Alice Liddell', 'alice-id', stage.issuer.url, 'email_verified']) {
      assert.ok(html.includes(text), text);
    }
  });

  it('does not put tokens into the page', async () => {
    await stage.signIn(browser);
    assert.doesNotMatch(await stage.page(browser), /eyJ/);
  });

  it('escapes the values of claims', async () => {
    stage.issuer.claims = { name: '<script>alert(1)</script>', '<b>': { '"><img src=x>': 1 } };
    await stage.signIn(browser);
    const html = await stage.page(browser);
    assert.ok(html.includes('Hello, &lt;script&gt;'));
    assert.doesNotMatch(html, /<script|<b>|<img src=x/);
  });

  it('has an HttpOnly, SameSite=Lax session cookie with 256 random bits', async () => {
    await stage.signIn(browser);
    const cookie = browser.cookie('sample_app_session');
    assert.match(cookie?.value ?? '', /^[\w-]{43}$/);
    assert.deepEqual([cookie?.sameSite, cookie?.httpOnly], ['lax', true]);
  });

  it('changes the session id at each sign-in, and deletes the old session (ASVS 7.2.4)', async () => {
    await stage.signIn(browser);
    const old = browser.cookie('sample_app_session')?.value;
    await stage.signIn(browser);
    assert.notEqual(browser.cookie('sample_app_session')?.value, old);
    const thief = new UserAgent();
    thief.headers.Cookie = `sample_app_session=${old}`;
    assert.equal(await isSignedIn(thief), false);
    assert.equal(await isSignedIn(), true);
  });

  it('accepts no session id that the browser provides (session fixation)', async () => {
    browser.setCookie('sample_app_session=chosen; path=/', stage.url);
    await stage.signIn(browser);
    assert.notEqual(browser.cookie('sample_app_session')?.value, 'chosen');
  });

  it('supports pending sign-ins in several tabs of one browser', async () => {
    const [first, second] = [await stage.toCallback(browser), await stage.toCallback(browser)];
    assert.equal((await browser.get(first)).status, 303);
    assert.equal((await browser.get(second)).status, 303);
  });

  it('ends the session after eight hours', async () => {
    await stage.signIn(browser);
    const start = Date.now();
    stage.now = () => start + 7 * 60 * MINUTE;
    assert.equal(await isSignedIn(), true);
    stage.now = () => start + 9 * 60 * MINUTE;
    assert.equal(await isSignedIn(), false);
  });

  describe('rejects', () => {
    it('a response with another state', async () => {
      stage.issuer.onAuthorize = (response) => response.set('state', 'another');
      await assertRejected(await stage.signIn(browser), 400, 'state_mismatch');
      assert.equal(stage.issuer.tokenRequests.length, 0);
    });

    it('a response without state, or with two', async () => {
      const callback = await stage.toCallback(browser);
      callback.searchParams.append('state', 'another');
      await assertRejected(await browser.get(callback), 400, 'state_mismatch');
      await assertRejected(await browser.get(`${stage.url}/callback?code=x`), 400, 'state_mismatch');
    });

    it('a response in a browser that did not send the request (login CSRF)', async () => {
      const callback = await stage.toCallback(new UserAgent());
      await assertRejected(await browser.get(callback), 400, 'state_mismatch');
      await stage.toCallback(browser);
      await assertRejected(await browser.get(callback), 400, 'state_mismatch');
    });

    it('a response that was used before', async () => {
      const callback = await stage.toCallback(browser);
      assert.equal((await browser.get(callback)).status, 303);
      const again = await browser.get(callback);
      assert.equal(again.status, 400);
      assert.equal(stage.issuer.tokenRequests.length, 1);
    });

    it('a response after more than an hour', async () => {
      const callback = await stage.toCallback(browser);
      const start = Date.now();
      stage.now = () => start + 61 * MINUTE;
      await assertRejected(await browser.get(callback), 400, 'state_mismatch');
    });

    it('a response of another issuer (mix-up, RFC 9207 §2.4)', async () => {
      stage.issuer.onAuthorize = (response) => response.set('iss', 'https://evil.example');
      await assertRejected(await stage.signIn(browser), 400, 'invalid_response');
      assert.equal(stage.issuer.tokenRequests.length, 0);
    });

    it('an error response of another issuer', async () => {
      stage.issuer.onAuthorize = (response) => {
        response.set('iss', 'https://evil.example');
        response.set('error', 'access_denied');
      };
      await assertRejected(await stage.signIn(browser), 400, 'invalid_response');
    });

    it('a response without iss, which the metadata announces', async () => {
      stage.issuer.onAuthorize = (response) => response.delete('iss');
      await assertRejected(await stage.signIn(browser), 400, 'invalid_response');
    });

    for (const [name, claims] of [
      ['another nonce', { nonce: 'another' }],
      ['no nonce', { nonce: undefined }],
      ['another issuer', { iss: 'https://evil.example' }],
      ['another audience', { aud: 'another-app' }],
      ['exp in the past', { exp: 1 }],
      ['no subject', { sub: undefined }],
    ] as const) {
      it(`an ID token with ${name}`, async () => {
        stage.issuer.claims = claims;
        const response = await stage.signIn(browser);
        assert.equal(response.status, 400);
        assert.equal(await isSignedIn(), false);
      });
    }

    it('an ID token with an unknown signature', async () => {
      stage.issuer.signingKey = (await generateKeyPair('RS256')).privateKey;
      const response = await stage.signIn(browser);
      assert.equal(response.status, 400);
      assert.equal(await isSignedIn(), false);
    });
  });

  describe('explains', () => {
    const deny = (response: URLSearchParams): void => {
      response.delete('code');
      response.set('error', 'access_denied');
      response.set('error_description', 'No <script>alert(1)</script> for you');
    };

    it('a denial by the person, with the escaped description of the server', async () => {
      stage.issuer.onAuthorize = deny;
      const response = await stage.signIn(browser);
      const html = await response.text();
      assert.equal(response.status, 200);
      assert.match(html, /<h1>You cancelled<\/h1>/);
      assert.doesNotMatch(html, /error/i);
      assert.ok(html.includes('No &lt;script&gt;alert(1)&lt;/script&gt; for you'));
      assert.ok(html.includes('href="/login"'));
      assert.deepEqual(stage.problems, []);
      assert.equal(await isSignedIn(), false);
    });

    it('a denial of more access, and keeps the session', async () => {
      await stage.signIn(browser);
      stage.issuer.onAuthorize = deny;
      const html = await (await stage.signIn(browser)).text();
      assert.match(html, /<h1>You cancelled<\/h1>[^]*Back to your messages/);
      assert.equal(await isSignedIn(), true);
    });

    it('an unknown error without its details', async () => {
      const response = await browser.get(
        `${stage.url}/callback?error=access_denied&error_description=Call+this+number`,
      );
      const html = await assertRejected(response, 400, 'state_mismatch');
      assert.ok(!html.includes('Call this number'));
    });

    it('an error of the token endpoint', async () => {
      stage.issuer.tokenError = {
        status: 400,
        body: { error: 'invalid_grant', error_description: 'code has expired' },
      };
      const html = await assertRejected(await stage.signIn(browser), 400, 'invalid_grant');
      assert.ok(html.includes('code has expired'));
    });

    it('an unknown client', async () => {
      stage.issuer.tokenError = { status: 401, body: { error: 'invalid_client' } };
      await assertRejected(await stage.signIn(browser), 502, 'invalid_client');
    });

    for (const body of ['<html>', { access_token: 1 }, []]) {
      it(`tokens that are ${JSON.stringify(body)}`, async () => {
        stage.issuer.tokenError = { status: 200, body };
        const response = await stage.signIn(browser);
        assert.equal(response.status, 400);
        assert.equal(await isSignedIn(), false);
      });
    }

    it('a server that is down, and recovers with it', async () => {
      await stage.issuer.stop();
      const response = await browser.get(`${stage.url}/login`);
      await assertRejected(response, 503, 'server_unavailable');
      assert.equal(response.headers.get('retry-after'), '2');
      await stage.issuer.listen();
      assert.equal((await stage.signIn(browser)).status, 303);
    });
  });
});
