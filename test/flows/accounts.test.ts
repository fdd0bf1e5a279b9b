import assert from 'node:assert/strict';
import { authorizationRequest, signIn, token } from '../support/flow.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('disabling an account takes effect at once', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  it('at refresh, userinfo, introspection and single sign-on, from another process', async () => {
    const { tokens, agent } = await signIn(server.issuer, {
      parameters: { scope: 'openid offline_access', prompt: 'consent' },
    });
    const { accounts, close } = await operate(server);
    const alice = await accounts.findByUsername('alice');
    await accounts.disable(alice?.id as string);
    const refresh = await token(server.issuer, {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token as string,
    });
    assert.equal(refresh.body.error, 'invalid_grant');
    const userinfo = await fetch(`${server.issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${tokens.access_token}` },
    });
    assert.equal(userinfo.status, 401);
    const { url } = await agent.follow(authorizationRequest(server.issuer, { prompt: 'none' }).url);
    assert.equal(url.searchParams.get('error'), 'login_required');
    await assert.rejects(() => signIn(server.issuer), 'a disabled account signed in');
    await accounts.enable(alice?.id as string);
    await close();
    assert.equal(typeof (await signIn(server.issuer)).tokens.access_token, 'string');
  });
});
