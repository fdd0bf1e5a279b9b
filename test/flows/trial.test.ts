import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { API, signIn, token, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
describe('trial', () => {
  let server: TestServer;
  before(async () => { server = await startTestServer(); });
  after(() => server.stop());
  for (const more of [{ audience: API }, { resource: `${API}/` }, { audience: `${API}/` }, {resource: API}]) {
    it(JSON.stringify(more), async () => {
      const { tokens } = await signIn(server.issuer, { parameters: { scope: 'openid email messages:read', ...more } });
      assert.equal(decodeJwt(tokens.access_token).aud, API);
      const { tokens: t2 } = await signIn(server.issuer, { parameters: { scope: 'openid email address foo messages:read' } });
      assert.deepEqual(decodeJwt(t2.access_token).aud, [API, `${server.issuer}/userinfo`]);
      assert.equal(t2.scope, 'openid email messages:read');
      const { body } = await token(server.issuer, { grant_type: 'refresh_token', refresh_token: t2.refresh_token as string, ...more }, WEB);
      assert.equal(decodeJwt(body.access_token).aud, API);
      const { body: b2 } = await token(server.issuer, { grant_type: 'refresh_token', refresh_token: body.refresh_token as string, scope: 'openid address email bar' }, WEB);
      assert.equal(b2.scope, 'openid email');
    });
  }
});
