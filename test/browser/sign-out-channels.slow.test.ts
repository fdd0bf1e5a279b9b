import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { authorizationRequest } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { enter } from './steps.ts';

/** As a page of the application: loads the frame of the provider, and resolves with its answer to a message. */
const ASK = `async ([address, message]) => {
  const frame = document.createElement('iframe');
  frame.src = address;
  await new Promise((resolve) => {
    frame.addEventListener('load', resolve);
    document.body.append(frame);
  });
  return await new Promise((resolve) => {
    addEventListener('message', ({ data }) => resolve(data), { once: true });
    frame.contentWindow.postMessage(message, '*');
  });
}`;

describe('in a browser: sign-out through frames', function () {
  this.timeout(30_000);
  let browser: Browser;
  let server: TestServer;
  let app: Server;
  let origin: string;
  /** Paths that the application was asked for. */
  let requests: string[];

  before(async function () {
    browser = await launchChromiumOrSkip(this);
    app = createServer((request, response) => {
      requests.push(String(request.url));
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>App</title>');
    });
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    origin = `http://localhost:${(app.address() as AddressInfo).port}`;
    server = await startTestServer({
      logout: { frontChannel: true, sessionManagement: true },
      clients: [
        {
          client_id: 'app',
          client_secret: 'a-secret-of-more-than-32-characters',
          first_party: true,
          redirect_uris: [`${origin}/cb`],
          post_logout_redirect_uris: [`${origin}/bye`],
          frontchannel_logout_uri: `${origin}/out`,
        },
      ],
    });
  });
  beforeEach(() => (requests = []));
  after(async () => {
    await browser?.close();
    await server?.stop();
    app?.closeAllConnections();
    app?.close();
  });

  async function signIn(page: Page): Promise<URL> {
    const { url } = authorizationRequest(server.issuer, {
      client_id: 'app',
      redirect_uri: `${origin}/cb`,
      scope: 'openid',
    });
    await page.goto(url.href);
    await enter(page);
    await page.waitForURL(`${origin}/cb?**`);
    return new URL(page.url());
  }

  async function ask(page: Page, message: string): Promise<unknown> {
    return await page.evaluate(`(${ASK})(${JSON.stringify([`${server.issuer}/check_session`, message])})`);
  }

  for (const javaScriptEnabled of [true, false]) {
    it(`loads the frame of the application and goes on, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
      const context = await browser.newContext({ javaScriptEnabled });
      const page = await context.newPage();
      await signIn(page);
      await page.goto(`${server.issuer}/logout?client_id=app&post_logout_redirect_uri=${origin}/bye`);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL(`${origin}/bye`);
      const loaded = requests.filter((path) => path.startsWith('/out?'));
      assert.equal(loaded.length, 1);
      assert.match(String(loaded[0]), /^\/out\?iss=http%3A%2F%2Flocalhost%3A\d+&sid=[\w-]+$/);
      await context.close();
    });
  }

  it('tells a page of the application whether its session is the current one (Session Management §3)', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const state = `app ${String((await signIn(page)).searchParams.get('session_state'))}`;
    const answers = [
      await ask(page, state),
      await ask(page, `other${state}`),
      await ask(page, 'app nonsense'),
    ];
    const other = await context.newPage();
    await other.goto(`${server.issuer}/logout`);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.waitForURL('**/logout/success**');
    answers.push(await ask(page, state));
    assert.deepEqual(answers, ['unchanged', 'changed', 'error', 'changed']);
    await context.close();
  });
});
