import assert from 'node:assert/strict';
import { createSelfTest } from '../../src/http/self-test.ts';

describe('createSelfTest', () => {
  const issuer = 'https://login.example.com';

  it('sends a request like a client, with the host of the issuer', async () => {
    const seen: unknown[] = [];
    const test = createSelfTest(issuer, ({ method, url, headers }, response) => {
      seen.push([method, url, headers.host]);
      response.end('{}');
    });
    await test();
    await test();
    const asked = ['GET', '/.well-known/openid-configuration', 'login.example.com'];
    assert.deepEqual(seen, [asked, asked]);
  });

  it('fails for every status other than 200, and for a closed connection', async () => {
    for (const status of [404, 421, 500, 503]) {
      const test = createSelfTest(issuer, (_request, response) => response.writeHead(status).end());
      await assert.rejects(test(), {
        message: `this process answers its own requests with ${status}: restart it`,
      });
    }
    const silent = createSelfTest(issuer, (request) => void request.socket.destroy());
    await assert.rejects(silent(), {
      message: 'this process answers its own requests with nothing: restart it',
    });
  });
});
