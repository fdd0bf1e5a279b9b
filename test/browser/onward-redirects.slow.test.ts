import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { authorizationRequest } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { collectComplaints } from './complaints.ts';
import { type OnwardApp, startOnwardApp } from './onward-app.ts';
import { arrive, enter, follow, press } from './steps.ts';

const HATTER = { username: 'hatter', password: 'no-room-no-room' };
const SECRET = 'a-secret-of-more-than-32-characters';

/** Where the application redirects to, after it has received the response. */
const DESTINATIONS = ['an app by its own scheme', 'another origin', 'an app by two redirects'] as const;

/** Chromium applies `form-action` to every redirect after a posted form, also to those that the application sends. */
describe('in a browser: an application that redirects on', function () {
  this.timeout(30_000);
  let browser: Browser;
  let server: TestServer;
  let app: OnwardApp;

  before(async function () {
    browser = await launchChromiumOrSkip(this);
    app = await startOnwardApp(DESTINATIONS);
    const addresses = [...app.addresses.values()];
    const client = {
      client_secret: SECRET,
      redirect_uris: addresses,
      post_logout_redirect_uris: addresses,
    };
    server = await startTestServer({
      clients: [
        { ...client, client_id: 'ours', first_party: true },
        { ...client, client_id: 'theirs' },
      ],
    });
    const operator = await operate(server);
    await operator.accounts.add({ ...HATTER, claims: {} });
    await operator.close();
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  after(async () => {
    await browser?.close();
    await app?.stop();
    await server?.stop();
  });

  interface Visit {
    page: Page;
    /** The application's address that redirects on. */
    address: string;
  }

  async function ask({ page, address }: Visit, parameters: Record<string, string>): Promise<void> {
    const fields = { redirect_uri: address, scope: 'openid', ...parameters };
    await page.goto(authorizationRequest(server.issuer, fields).url.href);
  }

  /** The last step of each ends with a form, posted by a person or a script. */
  const ways: Record<string, (visit: Visit) => Promise<void>> = {
    async 'after the password'(visit) {
      await ask(visit, { client_id: 'ours' });
      await enter(visit.page);
    },
    async 'after consent'(visit) {
      await ask(visit, { client_id: 'theirs', prompt: 'consent' });
      await enter(visit.page);
      await press(visit.page, 'Allow');
    },
    async 'with form_post'(visit) {
      await ask(visit, { client_id: 'ours', response_mode: 'form_post' });
      await enter(visit.page);
    },
    async 'after a change of accounts'(visit) {
      const { page } = visit;
      await ask(visit, { client_id: 'theirs', prompt: 'consent' });
      await enter(page);
      await follow(page, 'Use another account');
      await page.getByLabel('Username').fill(HATTER.username);
      await page.getByLabel('Password', { exact: true }).fill(HATTER.password);
      await press(page, 'Sign in');
      await press(page, 'Allow');
    },
    async 'after a sign-in with another account than that of the session'(visit) {
      const { page } = visit;
      await ask(visit, { client_id: 'theirs', prompt: 'consent' });
      await enter(page);
      await arrive(page, /asks for/);
      await ask(visit, { client_id: 'ours', prompt: 'login' });
      await page.getByLabel('Username').fill(HATTER.username);
      await page.getByLabel('Password', { exact: true }).fill(HATTER.password);
      await press(page, 'Sign in');
    },
    async 'after a long request by POST from its own page'(visit) {
      const { page, address } = visit;
      await ask(visit, { client_id: 'theirs', prompt: 'consent' });
      await enter(page);
      await arrive(page, /asks for/);
      await page.goto(app.origin);
      // Without a `redirect_uri` that is registered no error is redirected; a hint that is none gets an error to the callback.
      const { url } = authorizationRequest(server.issuer, {
        client_id: 'ours',
        redirect_uri: address,
        scope: 'openid',
        id_token_hint: 'x'.repeat(9000),
      });
      const inputs = [...url.searchParams].map(([name, value]) => `<input name="${name}" value="${value}">`);
      await page.setContent(
        `<form method="post" action="${server.issuer}/authorize">${inputs.join('')}<button>Go</button></form>`,
      );
      await press(page, 'Go');
    },
    async 'after a sign-out'(visit) {
      const { page, address } = visit;
      await ask(visit, { client_id: 'theirs', prompt: 'consent' });
      await enter(page);
      await arrive(page, /asks for/);
      const request = new URLSearchParams({ client_id: 'theirs', post_logout_redirect_uri: address });
      await page.goto(`${server.issuer}/logout?${request.toString()}`);
      await press(page, 'Sign out');
    },
  };

  for (const [index, [way, go]] of Object.entries(ways).entries()) {
    // In the short form each way goes to the next destination.
    const next = DESTINATIONS[index % DESTINATIONS.length]!;
    for (const destination of LONG ? DESTINATIONS : [next]) {
      it(`${way}, to ${destination}`, async () => {
        // The certificate of the other origin is its own.
        const context = await browser.newContext({ ignoreHTTPSErrors: true });
        context.setDefaultTimeout(8000);
        const complaints = collectComplaints(context);
        const page = await context.newPage();
        const end = page.waitForRequest((request) => request.url() === app.endOf(destination));
        end.catch(() => {});
        await go({ page, address: app.addresses.get(destination) as string });
        await end;
        assert.deepEqual(complaints, []);
      });
    }
  }
});
