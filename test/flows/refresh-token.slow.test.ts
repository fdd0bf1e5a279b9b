import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { openStore } from '../../src/store/open.ts';
import { SqliteArtifacts } from '../../src/store/sqlite/artifacts.ts';
import { basic, signIn, token, type TokenResponse, WEB } from '../support/flow.ts';
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

  it('takes its tokens back when a process of version 0.1 stores its response first', async () => {
    const { tokens } = await signIn(server.issuer, { parameters: offline });
    const first = await signIn(server.issuer, { parameters: offline });
    const store = await openStore(server.config.store, { clock: () => Date.now() });
    const create: unknown = Reflect.get(SqliteArtifacts.prototype, 'create');
    const isLive = async (kind: 'AccessToken' | 'RefreshToken', id: string | undefined) =>
      (await store.artifacts.find(kind, String(id))) !== undefined;
    const issued: TokenResponse[] = [];
    // It has marked the token as used, and stores its response while this process makes another.
    await store.artifacts.consume('RefreshToken', tokens.refresh_token as string);
    SqliteArtifacts.prototype.create = async (kind, id, write) => {
      Object.assign(SqliteArtifacts.prototype, { create });
      issued.push(write.payload.answer as TokenResponse);
      const payload = { request: '[null,null]', answer: first.tokens };
      assert.equal(await store.artifacts.create(kind, id, { ...write, payload }), true);
      return false;
    };
    try {
      assert.deepEqual((await refresh(tokens)).body, first.tokens);
      assert.equal(issued.length, 1);
      assert.equal(await isLive('RefreshToken', issued[0]?.refresh_token), false);
      assert.equal(await isLive('AccessToken', issued[0]?.access_token), false);
    } finally {
      Object.assign(SqliteArtifacts.prototype, { create });
      await store.close();
    }
  });

  it('revokes the grant when a process of version 0.1 has used the successor', async () => {
    const { tokens } = await signIn(server.issuer, { parameters: offline });
    const first = await refresh(tokens);
    const { tokens: second } = await signIn(server.issuer, { parameters: offline });
    const store = await openStore(server.config.store, { clock: () => Date.now() });
    try {
      const used = first.body.refresh_token as string;
      await store.artifacts.consume('RefreshToken', used);
      // It does not store when its request arrived.
      const payload = { request: '[null,null]', answer: second };
      const expiresAt = Math.ceil(Date.now() / 1000) + 11;
      await store.artifacts.create('RefreshAnswer', used, { payload, expiresAt });
      assert.equal((await refresh(tokens)).body.error, 'invalid_grant');
      assert.equal(await store.artifacts.find('RefreshToken', used), undefined);
    } finally {
      await store.close();
    }
  });

  it('repeats the response to the client with the same key only (RFC 9449 §5)', async () => {
    const { tokens } = await signIn(server.issuer, { parameters: offline });
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const proof = async (): Promise<string> =>
      await new SignJWT({ jti: randomUUID(), htm: 'POST', htu: `${server.issuer}/token` })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt()
        .sign(privateKey);
    const send = async (headers: Record<string, string>): Promise<TokenResponse> => {
      const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
      const response = await fetch(`${server.issuer}/token`, {
        method: 'POST',
        headers: { Authorization: basic(WEB), ...headers },
        body: new URLSearchParams(form),
      });
      return (await response.json()) as TokenResponse;
    };
    const first = await send({ DPoP: await proof() });
    assert.equal((await send({})).error, 'invalid_grant');
    assert.deepEqual(await send({ DPoP: await proof() }), first, 'another proof with the same key');
    assert.equal((await refresh(first)).response.status, 200, 'the family lives');
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

  it('ignores offline_access again where it was ignored before (OpenID Connect Core §11)', async () => {
    const scope = 'openid email offline_access';
    const { tokens } = await signIn(server.issuer, { parameters: { scope } });
    const { body } = await refresh(tokens, { scope });
    assert.deepEqual([tokens.scope, body.scope], ['openid email', 'openid email']);
    assert.equal((await refresh(body, { scope: 'offline_access' })).body.error, 'invalid_scope');
    assert.equal((await refresh(body, { scope: 'openid offline_access' })).body.scope, 'openid');
  });

  it('keeps offline_access where it was granted', async () => {
    const parameters = { scope: 'openid offline_access', prompt: 'consent' };
    const { tokens } = await signIn(server.issuer, { parameters });
    assert.equal((await refresh(tokens, { scope: parameters.scope })).body.scope, parameters.scope);
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
