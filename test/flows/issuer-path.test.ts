import assert from 'node:assert/strict';
import { startTestServer, type TestServer } from '../support/server.ts';
import { freePort } from '../support/free-port.ts';
import { signIn } from '../support/flow.ts';

describe('an issuer with a path', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ issuer: `http://localhost:${await freePort()}/auth` });
  });
  after(() => server.stop());

  it('signs people in', async () => {
    const { tokens } = await signIn(server.config.issuer);
    assert.ok(tokens.id_token);
  });
});
