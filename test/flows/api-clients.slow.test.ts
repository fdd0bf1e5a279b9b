import assert from 'node:assert/strict';
import { signIn, token, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const AUDIENCE = 'https://reports.example';
const APP = { id: 'app', secret: 'a-secret-of-more-than-32-characters', redirectUri: WEB.redirectUri };

/** An API without scopes that lists its clients. */
const configuration = (clients: string[]) => ({
  apis: [{ audience: AUDIENCE, name: 'Reports', scopes: {}, clients, introspectionClients: [] }],
  clients: [
    {
      client_id: APP.id,
      client_secret: APP.secret,
      redirect_uris: [APP.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid offline_access',
    },
  ],
});

describe('a client that was removed from the clients of an API', () => {
  let listing: TestServer;
  let restarted: TestServer;
  before(async () => {
    listing = await startTestServer(configuration([APP.id]));
    // The server as it is after a start with another file, on the same store.
    const { store, keys } = listing.config;
    restarted = await startTestServer({ ...configuration(['another']), store, keys });
  });
  after(async () => {
    await restarted.stop();
    await listing.stop();
  });

  it('gets no token for the API, and a refresh does not consume its refresh token', async () => {
    const { tokens } = await signIn(listing.issuer, {
      client: APP,
      parameters: { scope: 'openid offline_access', resource: AUDIENCE, prompt: 'consent' },
    });
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
    const refused = await token(restarted.issuer, fields, APP);
    assert.deepEqual([refused.response.status, refused.body.error], [400, 'invalid_target']);
    assert.equal((await token(listing.issuer, fields, APP)).response.status, 200);
  });
});
