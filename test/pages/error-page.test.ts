import assert from 'node:assert/strict';
import { authorizationRequest } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

type Shown = [name: string, values: string[]][];

/** Registered redirect URIs → the names and values that the page of a development server shows for `/calback`. */
async function shown(redirectUris: string[], received: string): Promise<Shown> {
  const server = await startTestServer({
    demo: false,
    clients: [
      {
        client_id: 'app',
        client_secret: 'a-secret-for-this-test-alone',
        redirect_uris: redirectUris,
        grant_types: ['authorization_code'],
        response_types: ['code'],
        scope: 'openid',
      },
    ],
  });
  try {
    const { url } = authorizationRequest(server.issuer, { client_id: 'app', redirect_uri: received });
    const response = await new UserAgent().get(url);
    assert.equal(response.status, 400);
    return forTheDeveloper(await response.text());
  } finally {
    await server.stop();
  }
}

function forTheDeveloper(html: string): Shown {
  const [, section = ''] = /For the developer<\/h2>([^]*)<\/section>/.exec(html) ?? [];
  return section
    .split('<dt>')
    .slice(1)
    .map((part) => [
      part.slice(0, part.indexOf('<')),
      [...part.matchAll(/<code>([^<]*)</g)].map(([, value = '']) => value.replaceAll('&quot;', '"')),
    ]);
}

describe('the error page of a development server, for a redirect URI that is not registered', () => {
  const [callback, silent] = ['http://localhost:3002/callback', 'http://localhost:3002/renew-silently'];

  it('suggests the nearest registered one, and lists the others', async () => {
    const received = 'http://localhost:3002/calback';
    assert.deepEqual(await shown([silent, callback], received), [
      ['Received redirect_uri', [received]],
      ['Did you mean', [callback]],
      ['Also registered', [silent]],
    ]);
  });

  it('lists all registered ones when none is near', async () => {
    const received = 'https://elsewhere.example/';
    assert.deepEqual(await shown([callback, silent], received), [
      ['Received redirect_uri', [received]],
      ['Registered', [callback, silent]],
    ]);
  });
});

describe('the error page of a development server', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  async function pageOf(path: string): Promise<Shown> {
    const response = await new UserAgent().get(new URL(path, server.issuer));
    assert.equal(response.status, 400);
    return forTheDeveloper(await response.text());
  }
  const authorize = (parameters: Record<string, string | undefined>): string => {
    const { url } = authorizationRequest(server.issuer, parameters);
    return url.pathname + url.search;
  };

  it('suggests the nearest client for an unknown one', async () => {
    assert.deepEqual(await pageOf(authorize({ client_id: 'demo-wbe' })), [
      ['Detail', ['no client has the client_id of the request']],
      ['Received client_id', ['demo-wbe']],
      ['Did you mean', ['demo-web']],
      ['Also registered', ['demo-api', 'demo-machine']],
    ]);
  });

  it('reports a missing or empty client_id', async () => {
    for (const client_id of [undefined, '']) {
      assert.deepEqual(await pageOf(authorize({ client_id })), [
        ['Detail', ['the request has no client_id']],
      ]);
    }
  });

  it('lists the registered post-logout redirect URIs', async () => {
    const received = 'http://localhost:3002/goodbye';
    assert.deepEqual(await pageOf(`/logout?client_id=demo-web&post_logout_redirect_uri=${received}`), [
      ['Received post_logout_redirect_uri', [received]],
      ['Did you mean', ['http://localhost:3002/']],
    ]);
  });

  it('reports an id_token_hint of a removed client', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const hint = `${part({ alg: 'RS256' })}.${part({ aud: 'gone' })}.x`;
    assert.deepEqual(await pageOf(`/logout?id_token_hint=${hint}`), [
      ['Detail', ['id_token_hint was issued to a client that is not registered']],
    ]);
  });
});
