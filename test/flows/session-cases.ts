import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import {
  authorizationRequest,
  authorize,
  redeem,
  signIn,
  token,
  type TokenResponse,
} from '../support/flow.ts';
import { withClock } from '../support/clock.ts';
import type { Define } from '../support/long-form.ts';
import { operate, type Operator } from '../support/noun-access.ts';
import type { TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';
import { type ArtifactsClass, holdAtWrite } from './hold.ts';

const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };

/**
 * @param start a server on an empty store
 * @param artifacts the class whose writes are held
 * @param itOfAnyStore defines the cases that the store cannot change: `itLong` for the second store
 */
export function describeSessions(
  start: () => Promise<TestServer>,
  artifacts: ArtifactsClass,
  itOfAnyStore: Define = it,
): void {
  let server: TestServer;
  let operator: Operator;
  let accountId: string;

  before(async () => {
    server = await start();
    operator = await operate(server);
    accountId = (await operator.accounts.findByUsername(DEMO_ACCOUNT.username))?.id ?? '';
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });
  afterEach(() => operator.accounts.signOut(accountId));

  async function list() {
    return (await operator.sessions.list(accountId, { limit: 50 })).sessions;
  }

  /** Ends the session of the browser with this name. */
  async function end(name: string): Promise<void> {
    const session = (await list()).find(({ userAgent }) => userAgent === name);
    assert.equal(await operator.sessions.end(accountId, session?.handle ?? ''), true);
  }

  function browser(name: string): UserAgent {
    const agent = new UserAgent();
    agent.headers['User-Agent'] = name;
    return agent;
  }

  async function refresh({ refresh_token = '' }: TokenResponse): Promise<TokenResponse> {
    return (await token(server.issuer, { grant_type: 'refresh_token', refresh_token })).body;
  }

  async function userinfo({ access_token }: TokenResponse): Promise<number> {
    const headers = { Authorization: `Bearer ${access_token}` };
    return (await fetch(new URL('/userinfo', server.issuer), { headers })).status;
  }

  /** The error of an authorization request without a page, null for none. */
  async function silentError(agent: UserAgent): Promise<string | null> {
    const { url } = await agent.follow(
      authorizationRequest(server.issuer, { prompt: 'none', scope: 'openid' }).url,
    );
    return url.searchParams.get('error');
  }

  it('are listed with their times, network, browser and clients', async () => {
    const started = Math.floor(Date.now() / 1000);
    await signIn(server.issuer, { agent: browser('Tea\u00EB/1.0') });
    const [session, ...others] = await list();
    assert.deepEqual(others, []);
    assert.ok(session);
    const { handle, beganAt = 0, lastUsedAt = 0, expiresAt, network, ...facts } = session;
    assert.match(handle, /^[\da-f]{16}$/);
    assert.ok(beganAt >= started && lastUsedAt >= beganAt && lastUsedAt <= Date.now() / 1000);
    assert.ok(expiresAt - lastUsedAt >= server.config.lifetimes.session);
    assert.match(network ?? '', /^(?:127\.0\.0\.0\/24|::\/48)$/);
    assert.deepEqual(facts, { amr: ['pwd'], clients: ['demo-web'], userAgent: 'Tea?/1.0' });
  });

  itOfAnyStore('keep their handle and beginning at a new sign-in in the same browser', async () => {
    const { agent } = await signIn(server.issuer);
    const [before] = await list();
    await signIn(server.issuer, { agent, parameters: { prompt: 'login' } });
    const [after, ...others] = await list();
    assert.deepEqual(others, []);
    assert.deepEqual([after?.handle, after?.beganAt], [before?.handle, before?.beganAt]);
  });

  it('end at once by their handle, with all refresh tokens, and no other ends', async () => {
    const ended = await signIn(server.issuer, { agent: browser('ended'), parameters: OFFLINE });
    const other = await signIn(server.issuer, { agent: browser('other'), parameters: OFFLINE });
    await end('ended');
    assert.equal(await silentError(ended.agent), 'login_required');
    assert.equal((await refresh(ended.tokens)).error, 'invalid_grant');
    assert.equal(await userinfo(ended.tokens), 401);
    assert.equal(await silentError(other.agent), null);
    assert.ok((await refresh(other.tokens)).refresh_token);
    assert.equal(await userinfo(other.tokens), 200);
    assert.deepEqual(
      (await list()).map(({ userAgent }) => userAgent),
      ['other'],
    );
  });

  itOfAnyStore('spare refresh tokens with offline_access at a sign-out', async () => {
    const { agent, tokens } = await signIn(server.issuer, { parameters: OFFLINE });
    const logout = new URL('/logout', server.issuer);
    logout.searchParams.set('id_token_hint', String(tokens.id_token));
    await agent.follow(logout);
    assert.deepEqual(await list(), []);
    assert.ok((await refresh(tokens)).refresh_token);
  });

  itOfAnyStore('are not found by a handle that was made up, or of another account', async () => {
    await signIn(server.issuer);
    const [session] = await list();
    const stranger = await operator.accounts.add({ username: 'stranger', password: 'wonderland-tea-party' });
    assert.equal(await operator.sessions.end(stranger.id, session?.handle ?? ''), false);
    for (const handle of ['', '0000000000000000', 'constructor'])
      assert.equal(await operator.sessions.end(accountId, handle), false);
    assert.equal((await list()).length, 1);
  });

  it('stay ended when a request that has read the session answers with a code', async () => {
    const agent = browser('racing');
    await signIn(server.issuer, { agent });
    const request = authorizationRequest(server.issuer);
    const callback = await holdAtWrite(
      artifacts,
      'AuthorizationCode',
      () => authorize(agent, request),
      () => end('racing'),
    );
    const { body } = await redeem(server.issuer, String(callback.searchParams.get('code')), request);
    assert.equal(body.error, 'invalid_grant');
    assert.deepEqual(await list(), []);
    assert.equal(await silentError(agent), 'login_required');
  });

  it('stay ended when a request writes the session under another id, and a new sign-in begins another one', async () => {
    await withClock(async (clock) => {
      const agent = browser('racing');
      await signIn(server.issuer, { agent, parameters: OFFLINE });
      const [session] = await list();
      const request = authorizationRequest(server.issuer, OFFLINE);
      const callback = await holdAtWrite(
        artifacts,
        'Session',
        () => authorize(agent, request),
        () => operator.sessions.end(accountId, session?.handle ?? ''),
        1,
      );
      const { body } = await redeem(server.issuer, String(callback.searchParams.get('code')), request);
      assert.equal(body.error, 'invalid_grant');
      assert.deepEqual(await list(), []);
      assert.equal(await silentError(agent), 'login_required');
      // A sign-in in the second of the end may have been before it.
      clock.advance(1);
      const { tokens } = await signIn(server.issuer, { agent, parameters: OFFLINE });
      assert.ok((await refresh(tokens)).refresh_token);
      const [renewed, ...others] = await list();
      assert.deepEqual(others, []);
      assert.notEqual(renewed?.handle, session?.handle);
    });
  });

  it('leave no token of a refresh that is under way', async () => {
    for (const kind of ['RefreshToken', 'AccessToken'] as const) {
      const { tokens } = await signIn(server.issuer, { agent: browser(kind), parameters: OFFLINE });
      const fresh = await holdAtWrite(
        artifacts,
        kind,
        () => refresh(tokens),
        () => end(kind),
      );
      for (const each of fresh.error === undefined ? [tokens, fresh] : [tokens]) {
        assert.equal((await refresh(each)).error, 'invalid_grant', kind);
        assert.equal(await userinfo(each), 401, kind);
      }
    }
  });

  it('leave no grant of an authorization that is under way', async () => {
    const agent = browser('consenting');
    await signIn(server.issuer, { agent });
    const request = authorizationRequest(server.issuer, OFFLINE);
    const outcome = await holdAtWrite(
      artifacts,
      'Grant',
      () => authorize(agent, request),
      () => end('consenting'),
    ).catch(String);
    if (typeof outcome !== 'string' && outcome.searchParams.has('code')) {
      const { body } = await redeem(server.issuer, String(outcome.searchParams.get('code')), request);
      assert.equal(body.error, 'invalid_grant');
    }
    assert.deepEqual(await list(), []);
    assert.equal(await silentError(agent), 'login_required');
  });
}
