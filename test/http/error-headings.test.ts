import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { createAssets } from '../../src/http/assets.ts';
import { errorBoundary } from '../../src/http/errors.ts';
import { createPageHeaders } from '../../src/http/page-security.ts';
import { createPages } from '../../src/http/pages.ts';
import { refuse } from '../../src/http/refuse.ts';
import { pagePresenter } from '../../src/http/show-page.ts';
import type { Logger } from '../../src/observability/log.ts';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { authorizationRequest } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const ISSUER = 'https://login.example.com';
const SHOP = { client_id: 'shop', redirect_uri: 'https://shop.example.com/callback' };

interface Answer {
  status: number;
  html: string;
}

/** What a page says: its heading, the sentences below it, and error and description under "Details". */
function read(html: string) {
  const part = (pattern: RegExp) => pattern.exec(html)?.[1]?.replaceAll('&#39;', "'");
  const heading = part(/<h1>([^<]*)<\/h1>/);
  assert.ok(part(/<title>([^<]*)<\/title>/)?.startsWith(`${heading} · `), html);
  const [, details = ''] = /<details [^>]*open>([^]*)<\/details>/.exec(html) ?? [];
  assert.match(details, /<summary>Details<\/summary>[^]*id="trace-id">[^<]+</);
  return {
    heading,
    message: part(/<p class="lead">([^]*?)<\/p>/),
    error: /id="error">([^<]*)</.exec(details)?.[1],
    description: /id="error-description">([^<]*)</.exec(details)?.[1]?.replaceAll('&#39;', "'"),
    summary: /id="error-summary">([^<]*)</.exec(details)?.[1],
  };
}

describe('the heading of an error page says what happened', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      issuer: ISSUER,
      port: 0,
      clients: [
        {
          client_id: SHOP.client_id,
          client_secret: 'shop-secret-of-more-than-32-characters',
          redirect_uris: [SHOP.redirect_uri],
          scope: 'openid',
        },
      ],
    });
  });
  after(() => server.stop());

  /** As a browser asks, by way of a proxy that ends TLS. */
  function ask(path: string, { method = 'GET', headers = {} }: { method?: string; headers?: object } = {}) {
    return new Promise<Answer>((resolve, reject) => {
      const { host } = new URL(ISSUER);
      const all = { Host: host, Accept: BROWSER, ...headers };
      request({ port: server.running.port, host: '127.0.0.1', path, method, headers: all }, (response) => {
        let html = '';
        response.on('data', (chunk: Buffer) => (html += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, html }));
      })
        .on('error', reject)
        .end();
    });
  }
  const authorize = (parameters: Record<string, string | undefined>): string => {
    const { url } = authorizationRequest(ISSUER, { ...SHOP, scope: 'openid', ...parameters });
    return url.pathname + url.search;
  };

  const many = Object.fromEntries(Array.from({ length: 110 }, (_, index) => [`X-${index}`, 'x']));
  const cases: [
    what: string,
    path: string,
    init: Parameters<typeof ask>[1],
    status: number,
    words: string[],
  ][] = [
    ['an unknown address', '/nowhere', {}, 404, ['There is no page here', 'not_found']],
    [
      'another method',
      '/token',
      {},
      405,
      ['This page cannot be opened like this', 'method_not_allowed', 'use POST or OPTIONS'],
    ],
    [
      'another host',
      '/',
      { headers: { Host: 'login.example.org' } },
      421,
      ['This is not the address of this server', 'misdirected_request', `this server is ${ISSUER}`],
    ],
    [
      'a form of another site',
      `/interaction/${'x'.repeat(43)}/login`,
      { method: 'POST', headers: { 'Sec-Fetch-Site': 'cross-site' } },
      403,
      ['This form came from another site', 'cross_site_request'],
    ],
    ['too many headers', '/', { headers: many }, 431, ['Your browser sent too much', 'invalid_request']],
    [
      'a compressed body',
      '/authorize',
      { headers: { 'Content-Encoding': 'gzip' } },
      415,
      ['This request is not valid', 'invalid_request', 'the body must not be compressed'],
    ],
    [
      'a request that is too long',
      `/authorize?state=${'x'.repeat(9000)}`,
      {},
      400,
      ['This request is not valid', 'invalid_request', 'the request is too long'],
    ],
    [
      'a redirect URI that is not registered',
      authorize({ redirect_uri: 'https://shop.example.com/' }),
      {},
      400,
      [
        'The application is not set up correctly',
        'invalid_redirect_uri',
        "redirect_uri did not match any of the client's registered redirect_uris",
      ],
    ],
    [
      'no redirect URI',
      authorize({ redirect_uri: undefined }),
      {},
      400,
      ['This request is not valid', 'invalid_request', "missing required parameter 'redirect_uri'"],
    ],
    [
      'a response type that is not offered, and no redirect URI',
      authorize({ response_type: 'token', redirect_uri: undefined }),
      {},
      400,
      ['This way of signing in is not supported', 'unsupported_response_type'],
    ],
    [
      'a pushed request that is over',
      '/authorize?client_id=shop&request_uri=urn:ietf:params:oauth:request_uri:x',
      {},
      400,
      ['This request is no longer valid', 'invalid_request_uri'],
    ],
    [
      'a hint that is no token',
      '/logout?id_token_hint=x',
      {},
      400,
      ['You were not signed out', 'invalid_request', 'could not decode id_token_hint'],
    ],
    [
      'sign-out to an address that is not registered',
      '/logout?client_id=shop&post_logout_redirect_uri=https://shop.example.com/',
      {},
      400,
      ['You were not signed out', 'invalid_request', 'post_logout_redirect_uri not registered'],
    ],
  ];
  for (const [what, path, init, status, [heading, error, description]] of cases) {
    it(what, async () => {
      const page = await ask(path, init);
      const words = read(page.html);
      assert.deepEqual([page.status, words.heading, words.error], [status, heading, error]);
      if (description !== undefined) assert.equal(words.description, description);
      assert.match(words.message ?? '', /^[A-Z].*\.$/s);
      assert.doesNotMatch(page.html, /For the developer/, 'production');
    });
  }

  it('a client that is unknown, missing or empty, all alike', async () => {
    const bodies = new Set<string>();
    for (const client_id of ['nobody', undefined, '']) {
      const { status, html } = await ask(authorize({ client_id }));
      assert.equal(status, 400);
      const { summary, ...words } = read(html);
      assert.deepEqual(
        [words.heading, words.error, words.description, summary],
        [
          'This application is not known here',
          'invalid_client',
          'client is invalid',
          'oops! something went wrong',
        ],
      );
      bodies.add(html.replace(/id="trace-id">[^<]*</, ''));
    }
    assert.equal(bodies.size, 1);
  });

  it("the phrase for scripts is among the details of the protocol's errors, and nowhere else", async () => {
    const { html } = await ask(authorize({ redirect_uri: 'https://shop.example.com/' }));
    assert.equal(html.match(/oops!/gi)?.length, 1);
    assert.equal(read(html).summary, 'oops! something went wrong');
    assert.doesNotMatch((await ask('/nowhere')).html, /oops!/i);
  });

  it('a form that cannot be read, or carries no token', async () => {
    const development = await startTestServer();
    try {
      const agent = new UserAgent();
      const { url, response } = await agent.follow(authorizationRequest(development.issuer).url);
      const html = await response.text();
      const send = async (body: URLSearchParams) => {
        const cookies = agent.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
        const headers = { Accept: BROWSER, Cookie: cookies };
        const answer = await fetch(`${url.href}/login`, { method: 'POST', body, headers });
        const { heading, error, description } = read(await answer.text());
        return [answer.status, heading, error, description];
      };
      assert.match(html, /<h1>Sign in<\/h1>/);
      const unusable = 'This form cannot be used';
      assert.deepEqual(await send(new URLSearchParams({ login: 'x'.repeat(20_000) })), [
        400,
        unusable,
        'invalid_form',
        'the form cannot be read',
      ]);
      assert.deepEqual(await send(new URLSearchParams({ login: 'alice' })), [
        403,
        unusable,
        'invalid_form',
        'the form was not sent from the page of this sign-in',
      ]);
    } finally {
      await development.stop();
    }
  });
});

describe('what the error boundary says', () => {
  const log = { info: () => {}, error: () => {} } as unknown as Logger;

  /** The answer to a browser, to a program, and how long either is told to wait. */
  async function answers(fail: (ctx: Koa.Context) => void) {
    const app = new Koa();
    const pages = createPages({
      brand: { name: 'Signet' },
      development: false,
      assets: createAssets({ color: '#3056d3' }),
    });
    const showPage = pagePresenter(pages, createPageHeaders(ISSUER));
    app.use((ctx, next) => {
      ctx.state.traceId = 'trace';
      return next();
    });
    app.use(errorBoundary(log, showPage));
    app.use(fail);
    const listening = app.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const address = `http://127.0.0.1:${(listening.address() as AddressInfo).port}/`;
    const page = await fetch(address, { headers: { Accept: BROWSER } });
    const json = await fetch(address, { headers: { Accept: 'application/json' } });
    const html = await page.text();
    const seen = {
      page: { status: page.status, html, ...read(html) },
      json: (await json.json()) as { error: string; error_description: string },
      retryAfter: [page.headers.get('retry-after'), json.headers.get('retry-after')],
    };
    listening.close();
    return seen;
  }

  it('of a fault of ours', async () => {
    const { page, json } = await answers(() => {
      throw new Error('secret');
    });
    assert.deepEqual([page.status, page.heading], [500, 'Something failed on our side']);
    assert.deepEqual(json, { error: 'server_error', error_description: 'something failed on our side' });
  });

  it('while the store is away', async () => {
    const { page, json, retryAfter } = await answers(() => {
      throw new StoreUnavailableError('away');
    });
    assert.deepEqual([page.status, page.heading], [503, 'This service is not available right now']);
    assert.equal(page.message, 'Please try again in a moment.');
    assert.equal(json.error_description, 'try again in a moment');
    assert.deepEqual(retryAfter, ['1', '1']);
  });

  for (const [seconds, wait] of [
    [1, '1 second'],
    [45, '45 seconds'],
    [119, '119 seconds'],
    [120, '2 minutes'],
    [601, '11 minutes'],
  ] as const) {
    it(`of too many requests, for ${seconds} seconds: one time, that of Retry-After (RFC 9110 §10.2.3)`, async () => {
      const { page, json, retryAfter } = await answers((ctx) =>
        refuse(ctx, 429, 'temporarily_unavailable', 'too many requests from this network', seconds),
      );
      assert.deepEqual([page.status, page.heading], [429, 'Too many requests']);
      assert.equal(page.message, `Please try again in ${wait}.`);
      assert.equal(page.html.match(/\bagain\b/g)?.length, 1);
      assert.equal(page.description, 'too many requests from this network');
      assert.equal(json.error_description, `too many requests from this network; try again in ${wait}`);
      assert.deepEqual(retryAfter, [String(seconds), String(seconds)]);
    });
  }
});
