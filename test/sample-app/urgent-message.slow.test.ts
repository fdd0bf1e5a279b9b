import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import { createResourceServer } from '../../src/resource-server/app.ts';
import { createSampleApp } from '../../src/sample-app/app.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { addAuthenticatorApp, type App } from '../support/second-factor.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { pageOf } from '../support/sign-in-walk.ts';
import { UserAgent } from '../support/user-agent.ts';
import { stop } from './stage.ts';

const PERSON = { username: 'alice', password: 'curiouser-and-curiouser' };
const SECRET = 'a-secret-of-more-than-32-characters';

/** The three servers, without a stand-in. */
describe('an urgent message of the sample app', () => {
  let server: TestServer;
  let operator: Operator;
  let authenticator: App;
  const [api, app] = [createServer(), createServer()];
  let urls: { api: string; app: string };

  before(async () => {
    urls = { api: await listen(api), app: await listen(app) };
    server = await startTestServer({
      demo: false,
      apis: [
        {
          audience: urls.api,
          name: 'Messages',
          scopes: { 'messages:read': 'Read your messages', 'messages:write': 'Write messages' },
          introspectionClients: ['api'],
        },
      ],
      clients: [
        {
          client_id: 'app',
          client_secret: SECRET,
          redirect_uris: [`${urls.app}/callback`],
          scope: 'openid profile email messages:read messages:write',
          first_party: true,
        },
        { client_id: 'api', client_secret: SECRET, grant_types: [], redirect_uris: [] },
      ],
    });
    operator = await operate(server);
    const { issuer } = server;
    const introspection = { clientId: 'api', clientSecret: SECRET };
    serve(api, createResourceServer({ issuer, audience: urls.api, introspection }));
    serve(
      app,
      createSampleApp({
        url: new URL(urls.app),
        issuer,
        api: urls.api,
        clientId: 'app',
        clientSecret: SECRET,
      }),
    );
    const account = await operator.accounts.add(PERSON);
    authenticator = await addAuthenticatorApp({ store: operator.store, config: server.config }, account);
  });
  after(async () => {
    await Promise.all([stop(api), stop(app)]);
    await operator.close();
    await server.stop();
  });

  /** Follows redirects between the servers, and answers the pages of the sign-in. @returns the pages that came */
  async function follow(
    agent: UserAgent,
    start: string | URL,
    fields = {},
  ): Promise<{ pages: string[]; html: string }> {
    const pages: string[] = [];
    for (let at = new URL(start); ; ) {
      let { response, url } = await agent.follow(at);
      at = url;
      // To another server.
      if (response.headers.has('location')) continue;
      let html = await response.text();
      if (url.origin !== server.issuer) return { pages, html };
      while (url.origin === server.issuer) {
        const page = pageOf(html);
        pages.push(page);
        const login = { login: PERSON.username, password: PERSON.password };
        const answer = page === 'login' ? login : { code: authenticator.next(), ...fields };
        ({ response, url } = await agent.submit({ url, html }, answer));
        if (url.origin === server.issuer) html = await response.text();
      }
      at = url;
    }
  }

  it('is written after the second step, which a remembered device has skipped', async () => {
    const agent = new UserAgent();
    const first = await follow(agent, `${urls.app}/login`, { remember: 'yes' });
    assert.deepEqual(first.pages, ['login', 'second-factor']);
    // Another day: the device is remembered, so that the sign-in has one step.
    agent.forget(({ key }) => key === 'signet_session');
    const second = await follow(agent, `${urls.app}/login`);
    assert.deepEqual(second.pages, ['login']);
    const csrf = /name="csrf" value="([^"]+)"/.exec(second.html)?.[1] ?? '';
    const response = await agent.post(`${urls.app}/call-api`, { csrf, text: 'fire', urgent: 'yes' });
    const third = await follow(agent, String(response.headers.get('location')));
    assert.deepEqual(third.pages, ['second-factor']);
    assert.match(third.html, /\/messages\/urgent<\/code> <span class="pill good">201 Created/);
  });
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

function serve(server: Server, koa: Koa): void {
  const handle = koa.callback();
  server.on('request', (request, response) => void handle(request, response));
}
