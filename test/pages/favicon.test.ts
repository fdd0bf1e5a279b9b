import assert from 'node:assert/strict';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('/favicon.ico', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  it('redirects to the logo', async () => {
    const response = await fetch(`${server.issuer}/favicon.ico`, { redirect: 'manual' });
    assert.equal(response.status, 302);
    assert.match(response.headers.get('location') ?? '', /^\/assets\/logo-[0-9a-f]{16}\.svg$/);
    assert.equal(response.headers.get('cache-control'), 'public, max-age=3600');
  });
});
