import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open.ts';
import { SqliteArtifacts } from '../../src/store/sqlite/artifacts.ts';
import type { ArtifactKind, ArtifactUnit, Store } from '../../src/store/store.ts';
import { withClock } from '../support/clock.ts';
import { authorizationRequest, redeem, signIn, token } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { UserAgent } from '../support/user-agent.ts';

const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };

/** What a request has relied on changes after it was read, and before the request writes its result. */
describe('A request that is too late', () => {
  let server: TestServer;
  let store: Store;
  let operator: Operator;
  let alice: string;
  const commit: unknown = Reflect.get(SqliteArtifacts.prototype, 'commit');
  beforeEach(async () => {
    server = await startTestServer({ lifetimes: { session: '14d' } });
    store = await openStore(server.config.store, { clock: () => Date.now() });
    operator = await operate(server);
    alice = (await operator.accounts.findByUsername('alice'))?.id as string;
  });
  afterEach(async () => {
    Object.assign(SqliteArtifacts.prototype, { commit });
    await operator.close();
    await store.close();
    await server.stop();
  });

  const original = commit as (this: unknown, unit: ArtifactUnit) => ReturnType<Store['artifacts']['commit']>;

  /** Runs something once, before the commits that write an artifact of this kind. */
  function beforeCommitOf(kind: ArtifactKind, run: (grantId: string) => Promise<unknown>): void {
    let ran: Promise<unknown> | undefined;
    SqliteArtifacts.prototype.commit = async function commitLater(unit) {
      const write = unit.writes?.find((each) => each.kind === kind);
      if (write !== undefined) await (ran ??= run(String(write.write.grantId)));
      return await original.call(this, unit);
    };
  }

  const revoke = (grantId: string) =>
    store.artifacts.revokeGrant(grantId, Math.floor(Date.now() / 1000) + 3600);
  const disable = () => operator.accounts.disable(alice);
  /** The first step of a new password, before the grants of the account are revoked. */
  const startGeneration = () =>
    store.accounts.update(alice, ({ generation }) => ({ generation: generation + 1 }));

  async function authorizeAgain(agent: UserAgent): Promise<URLSearchParams> {
    const response = await agent.get(authorizationRequest(server.issuer).url);
    return new URL(response.headers.get('location') ?? '', server.issuer).searchParams;
  }

  const eventsOf = async (type: string) => (await store.audit.list({ type, limit: 100 })).length;

  it('gets no code for a grant that was revoked, and keeps its session', async () => {
    const { agent } = await signIn(server.issuer);
    beforeCommitOf('AuthorizationCode', revoke);
    const answer = await authorizeAgain(agent);
    assert.deepEqual([answer.get('error'), answer.get('code')], ['access_denied', null]);
    assert.notEqual((await authorizeAgain(agent)).get('code'), null);
  });

  it('gets no code for an account that got another password', async () => {
    const { agent } = await signIn(server.issuer);
    beforeCommitOf('AuthorizationCode', startGeneration);
    const answer = await authorizeAgain(agent);
    assert.deepEqual([answer.get('error'), answer.get('code')], ['login_required', null]);
  });

  it('gets no code for a session that was ended', async () => {
    const { agent } = await signIn(server.issuer);
    const id = agent.cookie('signet_session')?.value as string;
    beforeCommitOf('AuthorizationCode', async () => {
      await store.artifacts.consume('Session', id);
      await store.artifacts.destroy('Session', id);
    });
    const answer = await authorizeAgain(agent);
    assert.deepEqual([answer.get('error'), answer.get('code')], ['login_required', null]);
    const silent = await agent.get(authorizationRequest(server.issuer, { prompt: 'none' }).url);
    assert.match(silent.headers.get('location') ?? '', /error=login_required/);
  });

  for (const [what, change] of [
    ['a grant that was revoked', revoke],
    ['an account that was disabled', disable],
    ['an account that got another password', startGeneration],
  ] as const) {
    it(`gets no tokens for ${what}, and no event says so`, async () => {
      const { tokens, agent } = await signIn(server.issuer, { parameters: OFFLINE });
      const request = authorizationRequest(server.issuer, { scope: 'openid' });
      const location = (await agent.get(request.url)).headers.get('location') ?? '';
      const code = new URL(location).searchParams.get('code') as string;
      beforeCommitOf('RefreshToken', change);
      const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
      const answers = await Promise.all([token(server.issuer, form), redeem(server.issuer, code, request)]);
      assert.deepEqual(
        answers.map(({ body }) => body.error),
        ['invalid_grant', 'invalid_grant'],
      );
      // The events are written at the end.
      await server.running.close();
      assert.equal(await eventsOf('token.issued'), 1);
    });
  }

  it('does not use its code when the store fails, and can redeem it again', async () => {
    const { agent } = await signIn(server.issuer);
    const request = authorizationRequest(server.issuer);
    const location = (await agent.get(request.url)).headers.get('location') ?? '';
    const code = new URL(location).searchParams.get('code') as string;
    beforeCommitOf('AccessToken', () => Promise.reject(new Error('for the test')));
    assert.equal((await redeem(server.issuer, code, request)).response.status, 500);
    Object.assign(SqliteArtifacts.prototype, { commit });
    assert.equal((await redeem(server.issuer, code, request)).response.status, 200);
  });

  it('extends its session also when it is answered with an error', async () => {
    await withClock(async (clock) => {
      const { agent } = await signIn(server.issuer);
      const silent = async (parameters: Record<string, string> = {}): Promise<string | undefined> => {
        const { url } = authorizationRequest(server.issuer, { prompt: 'none', ...parameters });
        const location = new URL((await agent.get(url)).headers.get('location') ?? '');
        return location.searchParams.get('error') ?? 'code';
      };
      for (let days = 0; days < 30; days += 10) {
        clock.advance(10 * 86_400);
        assert.equal(await silent({ scope: 'openid messages:write' }), 'consent_required');
      }
      assert.equal(await silent(), 'code');
    });
  });
});
