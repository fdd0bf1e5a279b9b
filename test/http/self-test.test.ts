import assert from 'node:assert/strict';
import { createSelfTest } from '../../src/http/self-test.ts';

describe('The request of a process to itself', () => {
  const issuer = 'https://login.example.com';

  it('asks like a client, by the host of the issuer', async () => {
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

  it('fails for any status but 200, and for a connection that is closed without one', async () => {
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
