import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { authorizationRequest, basic, redeem, signIn, token, WEB } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { decodeJwt } from 'jose';
import { operate, type Operator } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const BOB = { username: 'bob', password: 'looking-glass-house' };

interface Page {
  url: URL;
  html: string;
}

describe('prompt=select_account', () => {
  let server: TestServer;
  let operator: Operator;
  let alice: string;
  let bob: string;
  /** A browser in which alice is signed in. */
  let agent: UserAgent;
  let idToken: string;

  before(async () => {
    server = await startTestServer({
      clients: [
        {
          client_id: 'strict',
          client_secret: 'a-secret-of-a-client-that-asks',
          redirect_uris: [WEB.redirectUri],
          grant_types: ['authorization_code'],
          response_types: ['code'],
          scope: 'openid email',
        },
      ],
    });
    operator = await operate(server);
    alice = (await operator.accounts.findByUsername(DEMO_ACCOUNT.username))?.id ?? '';
    const claims = { name: 'Bob Dodgson', email: 'bob@example.com', email_verified: true };
    bob = (await operator.accounts.add({ ...BOB, claims })).id;
  });
  beforeEach(async () => {
    const signedIn = await signIn(server.issuer);
    ({ agent } = signedIn);
    idToken = signedIn.tokens.id_token ?? '';
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const request = (parameters: Record<string, string | undefined> = {}) =>
    authorizationRequest(server.issuer, { prompt: 'select_account', ...parameters });

  async function open(url: URL | string): Promise<Page> {
    const { response, url: address } = await agent.follow(url);
    return { url: address, html: await response.text() };
  }

  async function submit(page: Page, fields: Record<string, string> = {}): Promise<Page> {
    const { response, url } = await agent.submit(page, fields);
    return { url, html: response.bodyUsed ? '' : await response.text() };
  }

  const OTHER = { account: 'other' };
  const login = ({ username, password } = BOB) => ({ login: username, password });
  const heading = ({ html }: Page) => /<h1>(?:<bdi>[^<]*<\/bdi> )?([^<]*)<\/h1>/.exec(html)?.[1];
  const prefilled = ({ html }: Page) => formOf(html).fields.login;

  /** The sign-out of the old session, which a browser submits by itself. */
  async function pass(page: Page): Promise<Page> {
    return heading(page) === 'One moment' ? await submit(page) : page;
  }

  async function allow(page: Page): Promise<Page> {
    const consent = await pass(page);
    return heading(consent) === 'asks for access to your account' ? await submit(consent) : consent;
  }

  async function subjectOf({ url }: Page, from = request()): Promise<unknown> {
    const { body } = await redeem(server.issuer, url.searchParams.get('code') ?? assert.fail(url.href), from);
    return decodeJwt(body.id_token ?? '').sub;
  }

  it('is in discovery, with the other values (Initiating User Registration via OpenID Connect 1.0)', async () => {
    for (const path of ['openid-configuration', 'oauth-authorization-server']) {
      const metadata = (await (await fetch(`${server.issuer}/.well-known/${path}`)).json()) as Record<
        string,
        unknown
      >;
      assert.deepEqual(metadata.prompt_values_supported, [
        'none',
        'select_account',
        'create',
        'login',
        'consent',
      ]);
    }
  });

  it('shows who is signed in, and continues as that person', async () => {
    const from = request();
    const page = await open(from.url);
    assert.match(page.html, /<title>Sign-in: /);
    assert.match(page.html, /Continue as <bdi>Alice Liddell<\/bdi>/);
    assert.match(page.html, /<button class="[^"]*\blogin-submit"/);
    assert.equal(/<a [^>]*?id="(\w+)"/.exec(page.html)?.[1], 'cancel');
    assert.equal(await subjectOf(await submit(page), from), alice);
  });

  it('goes to the sign-in page without a session, and asks nothing more after it', async () => {
    agent = new UserAgent();
    const from = request();
    const page = await open(from.url);
    assert.equal(heading(page), 'Sign in');
    assert.equal(await subjectOf(await submit(page, login(DEMO_ACCOUNT)), from), alice);
  });

  it('leads to the sign-in page for another account; the session stays until the other person has signed in', async () => {
    const from = request();
    const page = await submit(await open(from.url), OTHER);
    assert.equal(heading(page), 'Sign in');
    const refused = await submit(page, { login: 'bob', password: 'not the password' });
    assert.match(refused.html, /That did not work/);
    const silent = await agent.get(request({ prompt: 'none' }).url);
    assert.match(silent.headers.get('location') ?? '', /[?&]code=/);
    const end = await allow(await submit(refused, login()));
    assert.equal(await subjectOf(end, from), bob);
    const again = request({ prompt: 'none' });
    const next = new URL((await agent.get(again.url)).headers.get('location') ?? '');
    assert.equal(await subjectOf({ url: next, html: '' }, again), bob);
  });

  it('lets the same person sign in again as another account', async () => {
    const from = request();
    const page = await submit(await open(from.url), OTHER);
    assert.equal(await subjectOf(await submit(page, login(DEMO_ACCOUNT)), from), alice);
  });

  it('returns access_denied after Cancel, on either page, and keeps the session', async () => {
    const page = await open(request().url);
    const other = await submit(await open(request().url), OTHER);
    for (const { html } of [page, other]) {
      const cancel = /id="cancel" href="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
      const { url } = await agent.follow(new URL(cancel, server.issuer));
      assert.equal(url.searchParams.get('error'), 'access_denied');
      assert.equal(url.searchParams.get('error_description'), 'You cancelled the sign-in.');
    }
    const silent = await agent.get(request({ prompt: 'none' }).url);
    assert.match(silent.headers.get('location') ?? '', /[?&]code=/);
  });

  it('is refused together with none', async () => {
    const { headers } = await agent.get(request({ prompt: 'none select_account' }).url);
    const { searchParams } = new URL(headers.get('location') ?? '');
    assert.equal(searchParams.get('error'), 'invalid_request');
  });

  it('comes before consent and before the sign-in that are requested with it', async () => {
    const consent = await submit(await open(request({ prompt: 'consent select_account' }).url));
    assert.equal(heading(consent), 'asks for access to your account');
    assert.match((await submit(consent)).url.search, /[?&]code=/);

    const both = await submit(await open(request({ prompt: 'login select_account consent' }).url));
    assert.equal(heading(both), 'Sign in');
    const asked = await submit(both, login(DEMO_ACCOUNT));
    assert.equal(heading(asked), 'asks for access to your account');
    assert.match((await submit(asked)).url.search, /[?&]code=/);
  });

  it('asks the other person for the consent that only the first one has given', async () => {
    const client = { client_id: 'strict', scope: 'openid email' };
    const first = await submit(await open(request(client).url));
    assert.match((await submit(first)).url.search, /[?&]code=/);
    assert.match((await submit(await open(request(client).url))).url.search, /[?&]code=/);
    const page = await pass(await submit(await submit(await open(request(client).url), OTHER), login()));
    assert.equal(heading(page), 'asks for access to your account');
    assert.match(page.html, /Bob Dodgson/);
  });

  it('asks for a sign-in after it when max_age has passed', async () => {
    const page = await submit(await open(request({ max_age: '0' }).url));
    assert.equal(heading(page), 'Sign in');
    assert.match((await submit(page, login(DEMO_ACCOUNT))).url.search, /[?&]code=/);
  });

  it('prefills the sign-in page with the login_hint, except when it is the account that was not chosen', async () => {
    for (const [hint, expected] of [
      ['bob@example.com', 'bob@example.com'],
      ['alice', ''],
      ['ALICE@example.com', ''],
    ] as const) {
      const page = await open(request({ login_hint: hint }).url);
      assert.match(page.html, /Continue as <bdi>Alice Liddell<\/bdi>/);
      assert.equal(prefilled(await submit(page, OTHER)), expected, hint);
    }
  });

  it('offers no other account than that of the id_token_hint', async () => {
    const page = await open(request({ id_token_hint: idToken }).url);
    assert.match(page.html, /Continue as <bdi>Alice Liddell<\/bdi>/);
    assert.doesNotMatch(page.html, /Use another account/);
    assert.equal((await agent.submit(page, OTHER)).response.status, 400);
    assert.match((await submit(page)).url.search, /[?&]code=/);
  });

  it('asks for the sign-in of the person in the id_token_hint when another one is signed in', async () => {
    const hint = idToken;
    agent = (await signIn(server.issuer, { person: BOB })).agent;
    const from = request({ id_token_hint: hint });
    const page = await open(from.url);
    assert.equal(heading(page), 'Sign in');
    assert.equal(await subjectOf(await pass(await submit(page, login(DEMO_ACCOUNT))), from), alice);
  });

  it('goes to the sign-in page when the account was disabled', async () => {
    agent = (await signIn(server.issuer, { person: BOB })).agent;
    await operator.accounts.disable(bob);
    try {
      assert.equal(heading(await open(request().url)), 'Sign in');
    } finally {
      await operator.accounts.enable(bob);
    }
  });

  it('shows the page of an expired interaction when the account is disabled while the page is open', async () => {
    agent = (await signIn(server.issuer, { person: BOB })).agent;
    const page = await open(request().url);
    await operator.accounts.disable(bob);
    try {
      assert.equal(heading(await open(page.url)), 'This sign-in is over');
      const end = await submit(page);
      assert.notEqual(heading(end), undefined);
      assert.doesNotMatch(end.url.href, /code=/);
    } finally {
      await operator.accounts.enable(bob);
    }
  });

  it('works with a pushed request, and with a request by POST', async () => {
    const from = request();
    const pushed = await fetch(`${server.issuer}/par`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: from.url.searchParams,
    });
    const { request_uri: requestUri } = (await pushed.json()) as { request_uri: string };
    const url = new URL(`${server.issuer}/authorize`);
    url.search = new URLSearchParams({ client_id: WEB.id, request_uri: requestUri }).toString();
    const page = await submit(await open(url), OTHER);
    assert.equal(await subjectOf(await allow(await submit(page, login())), from), bob);

    const posted = request();
    const { searchParams } = posted.url;
    const response = await agent.post(`${server.issuer}/authorize`, searchParams);
    const shown = await open(new URL(response.headers.get('location') ?? '', server.issuer));
    assert.match(shown.html, /Continue as <bdi>Bob Dodgson<\/bdi>/);
    assert.equal(await subjectOf(await submit(shown), posted), bob);
  });

  it('refuses a form without its token, and a form of another step', async () => {
    const page = await open(request().url);
    const { action, fields } = formOf(page.html);
    const answers = [];
    for (const [address, form] of [
      [action, {}],
      [action, { csrf: 'x'.repeat(43) }],
      [action.replace('select_account', 'login'), { ...fields, ...login() }],
      [action.replace('select_account', 'consent'), fields],
      [action, { ...fields, account: 'another' }],
    ] as const) {
      answers.push((await agent.post(new URL(address, server.issuer), { ...form })).status);
    }
    assert.deepEqual(answers, [403, 403, 400, 400, 400]);
    assert.match((await submit(page)).url.search, /[?&]code=/);
  });

  it('is not answered by a refresh or silent request: the session of the browser decides', async () => {
    const { tokens } = await signIn(server.issuer, {
      agent,
      parameters: { scope: 'openid offline_access', prompt: 'consent' },
    });
    await allow(await submit(await submit(await open(request().url), OTHER), login()));
    const { body } = await token(server.issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token ?? '',
    });
    assert.equal(decodeJwt(body.id_token ?? '').sub, alice);
  });
});
