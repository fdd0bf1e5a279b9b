import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type Koa from 'koa';
import { createResourceServer } from '../../src/resource-server/app.ts';
import { createSampleApp } from '../../src/sample-app/app.ts';
import type { Problem } from '../../src/sample-app/problem.ts';
import { UserAgent } from '../support/user-agent.ts';
import { StandInIssuer } from './stand-in-issuer.ts';

/** The sample app, the sample API and a fake issuer, each on its own port. */
export class Stage {
  readonly issuer = new StandInIssuer();
  readonly problems: Problem[] = [];
  readonly api: Server = createServer();
  readonly #app: Server = createServer();
  url = '';
  /** The clock of the app, in epoch milliseconds. */
  now: () => number = Date.now;

  static async open(): Promise<Stage> {
    const stage = new Stage();
    const { issuer } = stage;
    await issuer.listen();
    issuer.api = await listen(stage.api);
    serve(stage.api, createResourceServer({ issuer: issuer.url, audience: issuer.api }));
    stage.url = await listen(stage.#app);
    serve(
      stage.#app,
      createSampleApp({
        url: new URL(stage.url),
        issuer: issuer.url,
        api: issuer.api,
        clientId: issuer.clientId,
        clientSecret: issuer.clientSecret,
        now: () => stage.now(),
        onProblem: (problem) => stage.problems.push(problem),
      }),
    );
    return stage;
  }

  async close(): Promise<void> {
    await Promise.all([this.issuer.stop(), stop(this.api), stop(this.#app)]);
  }

  /** @returns the response of the redirect URI, without following redirects */
  async signIn(browser: UserAgent): Promise<Response> {
    return browser.get(await this.toCallback(browser));
  }

  /** Signs in up to the redirect back to the app, and returns its URL. */
  async toCallback(browser: UserAgent): Promise<URL> {
    const login = await browser.get(`${this.url}/login`);
    assert.equal(login.status, 302, await login.text());
    const authorized = await fetch(login.headers.get('location') ?? '', { redirect: 'manual' });
    return new URL(authorized.headers.get('location') ?? '');
  }

  async signedIn(): Promise<UserAgent> {
    const browser = new UserAgent();
    const response = await this.signIn(browser);
    assert.equal(response.status, 303, await response.text());
    return browser;
  }

  async page(browser: UserAgent, path = '/'): Promise<string> {
    return (await browser.get(this.url + path)).text();
  }

  /** Submits a form of the account page. */
  async submit(browser: UserAgent, path: string, fields: Record<string, string> = {}): Promise<Response> {
    return browser.post(this.url + path, { csrf: await this.csrfToken(browser), ...fields });
  }

  async csrfToken(browser: UserAgent): Promise<string> {
    const token = /name="csrf" value="([^"]+)"/.exec(await this.page(browser))?.[1];
    assert.ok(token !== undefined, 'the page has no form');
    return token;
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://localhost:${typeof address === 'object' ? address?.port : ''}`;
}

function serve(server: Server, app: Koa): void {
  const handle = app.callback();
  server.on('request', (request, response) => void handle(request, response));
}

export async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}
