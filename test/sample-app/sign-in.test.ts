import assert from 'node:assert/strict';
import { generateKeyPair } from 'jose';
import { UserAgent } from '../support/user-agent.ts';
import { Stage } from './stage.ts';

const MINUTE = 60_000;

describe('sample app: signing in', () => {
  let stage: Stage;
  let browser: UserAgent;

  beforeEach(async () => {
    stage = await Stage.open();
    browser = new UserAgent();
  });

  afterEach(() => stage.close());

  const isSignedIn = async (who = browser): Promise<boolean> => (await stage.page(who)).includes('Hello, ');

  /** A refusal is a page with a code, and nobody is signed in. */
  async function assertRefused(response: Response, status: number, code: string): Promise<string> {
    const html = await response.text();
    assert.equal(response.status, status, html);
    assert.match(html, new RegExp(`<code>${code}</code>`));
    assert.doesNotMatch(html, /node_modules|\.ts:\d|at async /);
    assert.equal(await isSignedIn(), false);
    return html;
  }

  it('offers it to whoever comes', async () => {
    const html = await stage.page(browser);
    assert.match(html, /<a class="button primary large" href="\/login">Sign in<\/a>/);
    assert.equal(browser.cookies.length, 0);
  });

  it('asks for a code with PKCE S256, state, nonce and the API as resource', async () => {
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

  it('asks for access while away on request, with the question that OpenID Connect Core §11 wants', async () => {
    await stage.signIn(browser);
    const page = await stage.page(browser);
    assert.match(page, /good until you sign out/);
    const [, path = ''] = /href="(\/login\?[^"]+)"/.exec(page) ?? [];
    const login = await browser.get(stage.url + path);
    const request = new URL(login.headers.get('location') ?? '').searchParams;
    assert.equal(request.get('prompt'), 'consent');
    assert.ok(request.get('scope')?.split(' ').includes('offline_access'));
    const authorized = await fetch(login.headers.get('location') ?? '', { redirect: 'manual' });
    await browser.get(authorized.headers.get('location') ?? '');
    const renewed = await stage.page(browser);
    assert.match(renewed, /good also after you sign out/);
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

  it('puts no token into the page', async () => {
    await stage.signIn(browser);
    assert.doesNotMatch(await stage.page(browser), /eyJ/);
  });

  it('escapes what the claims say', async () => {
    stage.issuer.claims = { name: '<script>alert(1)</script>', '<b>': { '"><img src=x>': 1 } };
    await stage.signIn(browser);
    const html = await stage.page(browser);
    assert.ok(html.includes('Hello, &lt;script&gt;'));
    assert.doesNotMatch(html, /<script|<b>|<img src=x/);
  });

  it('keeps the session behind an HttpOnly, SameSite=Lax cookie with 256 random bits', async () => {
    await stage.signIn(browser);
    const cookie = browser.cookie('sample_app_session');
    assert.match(cookie?.value ?? '', /^[\w-]{43}$/);
    assert.deepEqual([cookie?.sameSite, cookie?.httpOnly], ['lax', true]);
  });

  it('changes the id of the session at each sign-in, and the old one is dead (ASVS 7.2.4)', async () => {
    await stage.signIn(browser);
    const old = browser.cookie('sample_app_session')?.value;
    await stage.signIn(browser);
    assert.notEqual(browser.cookie('sample_app_session')?.value, old);
    const thief = new UserAgent();
    thief.headers.Cookie = `sample_app_session=${old}`;
    assert.equal(await isSignedIn(thief), false);
    assert.equal(await isSignedIn(), true);
  });

  it('takes no session id that the browser brings along (session fixation)', async () => {
    browser.setCookie('sample_app_session=chosen; path=/', stage.url);
    await stage.signIn(browser);
    assert.notEqual(browser.cookie('sample_app_session')?.value, 'chosen');
  });

  it('lets several tabs of one browser sign in side by side', async () => {
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

  describe('refuses', () => {
    it('a response with another state', async () => {
      stage.issuer.onAuthorize = (response) => response.set('state', 'another');
      await assertRefused(await stage.signIn(browser), 400, 'state_mismatch');
      assert.equal(stage.issuer.tokenRequests.length, 0);
    });

    it('a response without state, or with two', async () => {
      const callback = await stage.toCallback(browser);
      callback.searchParams.append('state', 'another');
      await assertRefused(await browser.get(callback), 400, 'state_mismatch');
      await assertRefused(await browser.get(`${stage.url}/callback?code=x`), 400, 'state_mismatch');
    });

    it('a response in a browser that did not ask for it (login CSRF)', async () => {
      const callback = await stage.toCallback(new UserAgent());
      await assertRefused(await browser.get(callback), 400, 'state_mismatch');
      await stage.toCallback(browser);
      await assertRefused(await browser.get(callback), 400, 'state_mismatch');
    });

    it('a response that was used already', async () => {
      const callback = await stage.toCallback(browser);
      assert.equal((await browser.get(callback)).status, 303);
      const again = await browser.get(callback);
      assert.equal(again.status, 400);
      assert.equal(stage.issuer.tokenRequests.length, 1);
    });

    it('a response that comes after more than an hour', async () => {
      const callback = await stage.toCallback(browser);
      const start = Date.now();
      stage.now = () => start + 61 * MINUTE;
      await assertRefused(await browser.get(callback), 400, 'state_mismatch');
    });

    it('a response of another issuer (mix-up, RFC 9207 §2.4)', async () => {
      stage.issuer.onAuthorize = (response) => response.set('iss', 'https://evil.example');
      await assertRefused(await stage.signIn(browser), 400, 'invalid_response');
      assert.equal(stage.issuer.tokenRequests.length, 0);
    });

    it('an error response of another issuer', async () => {
      stage.issuer.onAuthorize = (response) => {
        response.set('iss', 'https://evil.example');
        response.set('error', 'access_denied');
      };
      await assertRefused(await stage.signIn(browser), 400, 'invalid_response');
    });

    it('a response without the issuer that was announced', async () => {
      stage.issuer.onAuthorize = (response) => response.delete('iss');
      await assertRefused(await stage.signIn(browser), 400, 'invalid_response');
    });

    for (const [name, claims] of [
      ['another nonce', { nonce: 'another' }],
      ['no nonce', { nonce: undefined }],
      ['another issuer', { iss: 'https://evil.example' }],
      ['another audience', { aud: 'another-app' }],
      ['an end in the past', { exp: 1 }],
      ['no subject', { sub: undefined }],
    ] as const) {
      it(`an ID token with ${name}`, async () => {
        stage.issuer.claims = claims;
        const response = await stage.signIn(browser);
        assert.equal(response.status, 400);
        assert.equal(await isSignedIn(), false);
      });
    }

    it('an ID token that somebody else signed', async () => {
      stage.issuer.signingKey = (await generateKeyPair('RS256')).privateKey;
      const response = await stage.signIn(browser);
      assert.equal(response.status, 400);
      assert.equal(await isSignedIn(), false);
    });
  });

  describe('explains', () => {
    const refuse = (response: URLSearchParams): void => {
      response.delete('code');
      response.set('error', 'access_denied');
      response.set('error_description', 'No <script>alert(1)</script> for you');
    };

    it('a person’s own no in a friendly way, with what the server said, escaped', async () => {
      stage.issuer.onAuthorize = refuse;
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

    it('a no to more access as what it is: whoever is signed in stays so', async () => {
      await stage.signIn(browser);
      stage.issuer.onAuthorize = refuse;
      const html = await (await stage.signIn(browser)).text();
      assert.match(html, /<h1>You cancelled<\/h1>[^]*Back to your messages/);
      assert.equal(await isSignedIn(), true);
    });

    it('nothing of an error that belongs to no sign-in', async () => {
      const response = await browser.get(
        `${stage.url}/callback?error=access_denied&error_description=Call+this+number`,
      );
      const html = await assertRefused(response, 400, 'state_mismatch');
      assert.ok(!html.includes('Call this number'));
    });

    it('a token endpoint that says no', async () => {
      stage.issuer.tokenError = {
        status: 400,
        body: { error: 'invalid_grant', error_description: 'code has expired' },
      };
      const html = await assertRefused(await stage.signIn(browser), 400, 'invalid_grant');
      assert.ok(html.includes('code has expired'));
    });

    it('a client that the server does not know', async () => {
      stage.issuer.tokenError = { status: 401, body: { error: 'invalid_client' } };
      await assertRefused(await stage.signIn(browser), 502, 'invalid_client');
    });

    for (const body of ['<html>', { access_token: 1 }, []]) {
      it(`tokens that are ${JSON.stringify(body)}`, async () => {
        stage.issuer.tokenError = { status: 200, body };
        const response = await stage.signIn(browser);
        assert.equal(response.status, 400);
        assert.equal(await isSignedIn(), false);
      });
    }

    it('a server that is down, and works again with it', async () => {
      await stage.issuer.stop();
      const response = await browser.get(`${stage.url}/login`);
      await assertRefused(response, 503, 'server_unavailable');
      assert.equal(response.headers.get('retry-after'), '2');
      await stage.issuer.listen();
      assert.equal((await stage.signIn(browser)).status, 303);
    });
  });
});
