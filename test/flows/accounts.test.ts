import assert from 'node:assert/strict';
import { createAccounts } from '../../src/accounts/accounts.ts';
import { createPasswords } from '../../src/accounts/passwords.ts';
import { openStore } from '../../src/store/open.ts';
import { authorizationRequest, signIn, token } from '../support/flow.ts';
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
    const store = await openStore(server.config.store, { clock: Date.now });
    const accounts = createAccounts({
      store,
      passwords: createPasswords(server.config.passwords),
      audit: { record: () => {} },
      clock: Date.now,
      revocationLifetime: 3600,
    });
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
    await store.close();
    assert.equal(typeof (await signIn(server.issuer)).tokens.access_token, 'string');
  });
});
