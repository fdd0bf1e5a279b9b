import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import type { Browser, Page } from 'playwright-core';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { authorizationRequest } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { arrive, enter } from './steps.ts';

/** What a script gets: the status, or that the browser keeps the response from it. */
type Seen = number | 'TypeError';

/** A single-page application on one site, and on that of Signet, in the browser of a person who is signed in. */
describe('in a browser: a page that calls Signet', function () {
  this.timeout(30_000);
  let browser: Browser;
  let server: TestServer;
  let app: Server;
  let crossSite: string;
  let sameSite: string;

  before(async function () {
    browser = await launchChromiumOrSkip(this);
    const koa = new Koa().use((ctx) => {
      ctx.type = 'html';
      ctx.body = '<link rel="icon" href="data:,"><h1>App</h1>';
    });
    app = koa.listen(0, '127.0.0.1');
    await once(app, 'listening');
    const { port } = app.address() as AddressInfo;
    [crossSite, sameSite] = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
    server = await startTestServer({
      clients: [
        {
          client_id: 'desktop',
          application_type: 'native',
          token_endpoint_auth_method: 'none',
          redirect_uris: ['http://127.0.0.1/cb'],
        },
        {
          client_id: 'spa',
          token_endpoint_auth_method: 'none',
          redirect_uris: [`${crossSite}/cb`, `${sameSite}/cb`],
          first_party: true,
        },
      ],
    });
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  after(async () => {
    await browser?.close();
    app?.close();
    await server?.stop();
  });

  async function visitSignedIn(): Promise<Page> {
    const context = await browser.newContext();
    context.setDefaultTimeout(8000);
    const page = await context.newPage();
    const fields = { client_id: 'spa', redirect_uri: `${crossSite}/cb`, scope: 'openid' };
    await page.goto(authorizationRequest(server.issuer, fields).url.href);
    await enter(page);
    await arrive(page, 'App');
    return page;
  }

  /** From a script in the page, with the credentials of the browser. */
  async function call(page: Page, path: string, form?: Record<string, string>): Promise<Seen> {
    const request = { url: server.issuer + path, body: form && new URLSearchParams(form).toString() };
    const script = `(async ({ url, body }) => {
      const headers = body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
      const method = body === undefined ? 'GET' : 'POST';
      const credentials = body === undefined ? 'omit' : 'include';
      try { return (await fetch(url, { method, headers, body, credentials })).status; }
      catch (error) { return error.name; }
    })(${JSON.stringify(request)})`;
    return await page.evaluate<Seen>(script);
  }

  it('reads /token and /revoke with credentials from the port in use, and errors of /userinfo from anywhere', async () => {
    const page = await visitSignedIn();
    const fields = {
      client_id: 'desktop',
      token: 'x',
      grant_type: 'authorization_code',
      code: 'x',
      redirect_uri: 'x',
      code_verifier: 'x',
    };
    const seen = async (): Promise<Seen[]> => [
      await call(page, '/token', fields),
      await call(page, '/revoke', fields),
      await call(page, '/userinfo'),
      await call(page, '/'),
    ];
    await page.goto(`${crossSite}/`);
    assert.deepEqual(await seen(), [400, 200, 401, 'TypeError']);
    await page.goto(`${sameSite}/`);
    assert.deepEqual(await seen(), ['TypeError', 'TypeError', 401, 'TypeError']);
  });

  it('loses a popup in which it opens Signet', async () => {
    const context = await browser.newContext();
    context.setDefaultTimeout(8000);
    const page = await context.newPage();
    await page.goto(`${crossSite}/`);
    const fields = { client_id: 'spa', redirect_uri: `${crossSite}/cb`, scope: 'openid' };
    const { url } = authorizationRequest(server.issuer, fields);
    const opened = page.waitForEvent('popup');
    await page.evaluate(`void (window.popup = window.open(${JSON.stringify(url.href)}))`);
    const popup = await opened;
    await enter(popup);
    await arrive(popup, 'App');
    assert.equal(await popup.evaluate('window.opener'), null);
    assert.equal(await page.evaluate('window.popup.closed'), true);
  });

  it('gets a code in a hidden frame on the site of Signet, and login_required on another site', async () => {
    const page = await visitSignedIn();
    const answer = async (origin: string): Promise<[code: boolean, error: string | null]> => {
      await page.goto(`${origin}/`);
      const fields = { client_id: 'spa', redirect_uri: `${origin}/cb`, scope: 'openid', prompt: 'none' };
      const { url } = authorizationRequest(server.issuer, fields);
      const back = page.waitForRequest((request) => request.url().startsWith(`${origin}/cb?`));
      await page.evaluate(
        `document.body.append(Object.assign(document.createElement('iframe'), { src: ${JSON.stringify(url.href)} }))`,
      );
      const { searchParams } = new URL((await back).url());
      return [searchParams.has('code'), searchParams.get('error')];
    };
    assert.deepEqual(await answer(sameSite), [true, null]);
    assert.deepEqual(await answer(crossSite), [false, 'login_required']);
  });
});
