import assert from 'node:assert/strict';
import { request } from 'node:http';
import { readErrorPage } from '../support/error-page.ts';
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

describe('the heading of an error page, by error', () => {
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

  /** A request of a browser, through a proxy that terminates TLS. */
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
    ['an unknown path', '/nowhere', {}, 404, ['There is no page here', 'not_found']],
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
      'a state that is too long',
      authorize({ state: 'x'.repeat(9000) }),
      {},
      400,
      ['This request is not valid', 'invalid_request', 'state is longer than 2048 bytes'],
    ],
    [
      'an unregistered redirect URI',
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
      'a missing redirect URI',
      authorize({ redirect_uri: undefined }),
      {},
      400,
      ['This request is not valid', 'invalid_request', "missing required parameter 'redirect_uri'"],
    ],
    [
      'an unsupported response type without a redirect URI',
      authorize({ response_type: 'token', redirect_uri: undefined }),
      {},
      400,
      ['This way of signing in is not supported', 'unsupported_response_type'],
    ],
    [
      'an expired pushed request',
      '/authorize?client_id=shop&request_uri=urn:ietf:params:oauth:request_uri:x',
      {},
      400,
      ['This request is no longer valid', 'invalid_request_uri'],
    ],
    [
      'an id_token_hint that is no JWT',
      '/logout?id_token_hint=x',
      {},
      400,
      ['You were not signed out', 'invalid_request', 'could not decode id_token_hint'],
    ],
    [
      'an unregistered post-logout redirect URI',
      '/logout?client_id=shop&post_logout_redirect_uri=https://shop.example.com/',
      {},
      400,
      ['You were not signed out', 'invalid_request', 'post_logout_redirect_uri not registered'],
    ],
    [
      'the confirmation page of a sign-out for a removed client',
      '/logout/success?client_id=gone',
      {},
      400,
      ['This application is not known here', 'invalid_client', 'client is invalid'],
    ],
  ];
  for (const [what, path, init, status, [heading, error, description]] of cases) {
    it(what, async () => {
      const page = await ask(path, init);
      const words = readErrorPage(page.html);
      assert.deepEqual([page.status, words.heading, words.error], [status, heading, error]);
      if (description !== undefined) assert.equal(words.description, description);
      assert.match(words.message ?? '', /^[A-Z].*\.$/s);
      assert.doesNotMatch(page.html, /For the developer/, 'production');
    });
  }

  it('is the same for an unknown, a missing and an empty client_id', async () => {
    const bodies = new Set<string>();
    for (const client_id of ['nobody', undefined, '']) {
      const { status, html } = await ask(authorize({ client_id }));
      assert.equal(status, 400);
      const { summary, ...words } = readErrorPage(html);
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

  it('only details of protocol errors have the phrase that conformance scripts look for', async () => {
    const { html } = await ask(authorize({ redirect_uri: 'https://shop.example.com/' }));
    assert.equal(html.match(/oops!/gi)?.length, 1);
    assert.equal(readErrorPage(html).summary, 'oops! something went wrong');
    assert.doesNotMatch((await ask('/nowhere')).html, /oops!/i);
  });

  it('is "This form cannot be used" for an unreadable form and one without a token', async () => {
    const development = await startTestServer();
    try {
      const agent = new UserAgent();
      const { url, response } = await agent.follow(authorizationRequest(development.issuer).url);
      const html = await response.text();
      const send = async (body: URLSearchParams) => {
        const headers = { Accept: BROWSER, Cookie: agent.cookieHeader(`${url.href}/login`) };
        const answer = await fetch(`${url.href}/login`, { method: 'POST', body, headers });
        const { heading, error, description } = readErrorPage(await answer.text());
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
