import assert from 'node:assert/strict';
import { SqliteArtifacts } from '../../src/store/sqlite/artifacts.ts';
import { signIn, token, type TokenResponse } from '../support/flow.ts';
import { withClock } from '../support/clock.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('refresh token grant', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      lifetimes: { refreshToken: '30d', refreshTokenFamily: '40d', session: '14d' },
    });
  });
  after(() => server.stop());

  const offline = { scope: 'openid offline_access messages:read', prompt: 'consent' };

  const refresh = (from: TokenResponse, more: Record<string, string> = {}) =>
    token(server.issuer, {
      grant_type: 'refresh_token',
      refresh_token: from.refresh_token as string,
      ...more,
    });

  it('rotates: each use returns a new refresh token (RFC 9700 §4.14.2)', async () => {
    const { tokens } = await signIn(server.issuer, { parameters: offline });
    const first = await refresh(tokens);
    assert.equal(first.response.status, 200);
    assert.notEqual(first.body.refresh_token, tokens.refresh_token);
    assert.equal((await refresh(first.body)).response.status, 200);
  });

  it('repeats the response within the replay window, and revokes the grant for a use after it', async () => {
    await withClock(async (clock) => {
      const { tokens } = await signIn(server.issuer, { parameters: offline });
      const next = await refresh(tokens);
      clock.advance(9);
      assert.deepEqual((await refresh(tokens)).body, next.body);
      clock.advance(2);
      assert.equal((await refresh(tokens)).body.error, 'invalid_grant');
      assert.equal((await refresh(next.body)).body.error, 'invalid_grant');
    });
  });

  it('answers a concurrent refresh after its successor was used, and revokes the grant for a later one', async () => {
    await withClock(async (clock) => {
      const { tokens } = await signIn(server.issuer, { parameters: offline });
      const first = await refresh(tokens);
      const [waits, isUsed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const find = Reflect.get(SqliteArtifacts.prototype, 'findAnswer');
      SqliteArtifacts.prototype.findAnswer = async function holdOnce(kind, id) {
        if (id === tokens.refresh_token) {
          waits.resolve();
          await isUsed.promise;
        }
        return await find.call(this, kind, id);
      };
      try {
        const late = refresh(tokens);
        await waits.promise;
        clock.advance(1);
        const second = await refresh(first.body);
        isUsed.resolve();
        assert.deepEqual((await late).body, first.body);
        assert.deepEqual((await refresh(first.body)).body, second.body);
        assert.equal((await refresh(tokens)).body.error, 'invalid_grant');
        assert.equal((await refresh(second.body)).body.error, 'invalid_grant');
      } finally {
        SqliteArtifacts.prototype.findAnswer = find;
      }
    });
  });

  it('expires an unused token after 30 days', async () => {
    await withClock(async (clock) => {
      const { tokens } = await signIn(server.issuer, { parameters: offline });
      clock.advance(31 * 86_400);
      assert.equal((await refresh(tokens)).body.error, 'invalid_grant');
    });
  });

  it('ends the family at its absolute lifetime, also when it is in use', async () => {
    await withClock(async (clock) => {
      const { tokens } = await signIn(server.issuer, { parameters: offline });
      let latest = tokens;
      for (let day = 0; day < 36; day += 12) {
        clock.advance(12 * 86_400);
        const { body, response } = await refresh(latest);
        assert.equal(response.status, 200, `day ${day + 12}`);
        latest = body;
      }
      clock.advance(5 * 86_400);
      assert.equal((await refresh(latest)).body.error, 'invalid_grant');
    });
  });

  it('rejects more scope than was granted, and does not consume the token', async () => {
    const { tokens } = await signIn(server.issuer, { parameters: offline });
    assert.equal((await refresh(tokens, { scope: 'openid messages:write' })).body.error, 'invalid_scope');
    assert.equal((await refresh(tokens)).response.status, 200);
  });

  it('binds tokens without offline_access to the session', async () => {
    const { tokens, agent } = await signIn(server.issuer);
    assert.equal((await refresh(tokens)).response.status, 200);
    const again = await signIn(server.issuer, { agent });
    const logout = await agent.follow(`${server.issuer}/logout?id_token_hint=${again.tokens.id_token}`);
    await agent.submit({ url: logout.url, html: await logout.response.text() }, { logout: 'yes' });
    assert.equal((await refresh(again.tokens)).body.error, 'invalid_grant');
  });
});
