import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import type { Browser, Page } from 'playwright-core';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { authorizationRequest, redeem } from '../support/flow.ts';
import { itLong } from '../support/long-form.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { collectComplaints } from './complaints.ts';
import { arrive, press } from './steps.ts';

const HATTER = { username: 'hatter', password: 'no-room-no-room' };
const GROUPS = Array.from({ length: 150 }, (_, index) => `tea-party/department-${index}/table-${index}/seat`);

/** Forms between an application and Signet, with the browser's cookies, policies and redirects. */
describe('in a browser: posted forms', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: TestServer;
  let app: Server;
  /** An application on one site, whose callback redirects to another. */
  let origin: string;
  let elsewhere: string;
  const posted: URLSearchParams[] = [];
  const client = { id: 'poster', secret: 'a-secret-of-more-than-32-characters', redirectUri: '' };

  before(async function () {
    browser = await launchChromiumOrSkip(this);
    const koa = new Koa();
    koa.use(async (ctx) => {
      const body = await text(ctx.req);
      ctx.type = 'html';
      ctx.body = ctx.path === '/landed' ? '<h1>Landed</h1>' : '<h1>App</h1>';
      if (ctx.method !== 'POST') return;
      posted.push(new URLSearchParams(body));
      ctx.status = 303;
      ctx.redirect(`${elsewhere}/landed`);
    });
    app = koa.listen(0, '127.0.0.1');
    await once(app, 'listening');
    const { port } = app.address() as AddressInfo;
    [origin, elsewhere] = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
    client.redirectUri = `${origin}/callback`;
    server = await startTestServer({
      clients: [
        {
          client_id: client.id,
          client_secret: client.secret,
          client_name: 'Poster',
          application_type: 'native',
          redirect_uris: [client.redirectUri],
          post_logout_redirect_uris: [`${elsewhere}/landed`],
          grant_types: ['authorization_code', 'implicit'],
          response_types: ['code', 'code id_token token'],
          response_modes: ['query', 'form_post'],
          scope: 'openid groups',
          id_token_claims: true,
        },
      ],
    });
    const operator = await operate(server);
    await operator.accounts.add({ ...HATTER, claims: { groups: GROUPS } });
    await operator.close();
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
  after(async () => {
    await browser?.close();
    app?.close();
    await server?.stop();
  });

  async function visit(javaScriptEnabled: boolean): Promise<Page> {
    const context = await browser.newContext({ javaScriptEnabled });
    context.setDefaultTimeout(8000);
    return await context.newPage();
  }

  async function signIn(page: Page, parameters: Record<string, string>) {
    const fields = {
      client_id: client.id,
      redirect_uri: client.redirectUri,
      scope: 'openid groups',
      prompt: 'consent',
      ...parameters,
    };
    const request = authorizationRequest(server.issuer, fields);
    await page.goto(request.url.href);
    await arrive(page, 'Sign in');
    await page.getByLabel('Username').fill(HATTER.username);
    await page.getByLabel('Password', { exact: true }).fill(HATTER.password);
    await press(page, 'Sign in');
    await arrive(page, /asks for access/);
    await press(page, 'Allow');
    return request;
  }

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'with' : 'without';
    // Both forms are on the same page, whose button a script presses: each is posted in one of the ways in the short form.
    (javaScriptEnabled ? it : itLong)(
      `reaches a callback that redirects to another origin, ${how} JavaScript (OAuth 2.0 Form Post Response Mode)`,
      async () => {
        const page = await visit(javaScriptEnabled);
        const complaints = collectComplaints(page.context());
        posted.length = 0;
        const request = await signIn(page, {
          response_mode: 'form_post',
          response_type: 'code id_token token',
        });
        if (!javaScriptEnabled) await press(page, 'Continue');
        await arrive(page, 'Landed');
        assert.equal(page.url(), `${elsewhere}/landed`);
        assert.deepEqual(
          posted.map((form) => form.get('state')),
          [request.state],
        );
        for (const name of ['code', 'id_token', 'access_token']) assert.ok(posted[0]?.has(name), name);
        assert.deepEqual(complaints, []);
      },
    );

    (javaScriptEnabled ? itLong : it)(
      `signs out with an ID token too long for a URL, from another site, ${how} JavaScript`,
      async () => {
        const page = await visit(javaScriptEnabled);
        const request = await signIn(page, {});
        await arrive(page, 'App');
        const code = new URL(page.url()).searchParams.get('code') as string;
        const { body } = await redeem(server.issuer, code, request, client);
        assert.ok((body.id_token as string).length > 8000);
        await page.goto(`${origin}/`);
        const fields = {
          id_token_hint: body.id_token as string,
          post_logout_redirect_uri: `${elsewhere}/landed`,
        };
        const inputs = Object.entries(fields).map(
          ([name, value]) => `<input name="${name}" value="${value}">`,
        );
        await page.setContent(
          `<form method="post" action="${server.issuer}/logout">${inputs.join('')}<button>Leave</button></form>`,
        );
        await press(page, 'Leave');
        if (!javaScriptEnabled) await press(page, 'Continue');
        await arrive(page, 'Landed');
        await page.goto(server.issuer);
        await arrive(page, 'Sign-in service');
      },
    );
  }
});
