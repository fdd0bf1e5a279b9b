import assert from 'node:assert/strict';
import { authorizationRequest } from '../support/flow.ts';
import { startTestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

/** Registered redirect URIs → the names and values that the page of a development server shows for `/calback`. */
async function shown(redirectUris: string[], received: string): Promise<[name: string, values: string[]][]> {
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
    const [, section = ''] = /For the developer<\/h2>([^]*)<\/section>/.exec(await response.text()) ?? [];
    return section
      .split('<dt>')
      .slice(1)
      .map((part) => [
        part.slice(0, part.indexOf('<')),
        [...part.matchAll(/<code>([^<]*)</g)].map(([, value = '']) => value),
      ]);
  } finally {
    await server.stop();
  }
}

describe('the error page of a development server, for a redirect URI that is not registered', () => {
  const [callback, silent] = ['http://localhost:3002/callback', 'http://localhost:3002/renew-silently'];

  it('names the nearest one, and apart from it the others', async () => {
    const received = 'http://localhost:3002/calback';
    assert.deepEqual(await shown([silent, callback], received), [
      ['Received redirect_uri', [received]],
      ['Did you mean', [callback]],
      ['Also registered', [silent]],
    ]);
  });

  it('names all of them when none is near', async () => {
    const received = 'https://elsewhere.example/';
    assert.deepEqual(await shown([callback, silent], received), [
      ['Received redirect_uri', [received]],
      ['Registered', [callback, silent]],
    ]);
  });
});
