import assert from 'node:assert/strict';
import { AccountPages } from '../support/account-page.ts';
import { withClock } from '../support/clock.ts';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const MINUTE = 60;
const ANN = { username: 'ann', password: 'a-long-pass-phrase' };

/** @param start the store, or undefined for SQLite */
function describeUse(name: string, start: (context: Mocha.Context) => Promise<string | undefined>): void {
  describe(`a session that is used at /account, on ${name}`, () => {
    let server: TestServer;
    let operator: Operator;
    before(async function () {
      const store = await start(this);
      server = await startTestServer({
        ...(store !== undefined && { store }),
        lifetimes: { groups: { admins: { session: '30m', sessionMaximum: '100m' } } },
      });
      operator = await operate(server);
      await operator.accounts.add({ ...ANN, claims: { groups: ['admins'] } });
    });
    after(async () => {
      await operator?.close();
      await server?.stop();
    });

    it('does not end as idle, is listed with its last use, keeps its applications, and ends at its maximum', async () => {
      await withClock(async (clock) => {
        const { agent } = await signIn(server.issuer, { person: ANN });
        const pages = new AccountPages(server.issuer, agent);
        const account = await operator.accounts.findByUsername(ANN.username);
        const listed = async () => (await operator.sessions.list(account?.id ?? '', { limit: 9 })).sessions;
        const [begin] = await listed();
        for (const path of ['/account', '/account/sessions', '/']) {
          clock.advance(25 * MINUTE);
          assert.equal(await pages.status(path), 200);
        }
        const [now, ...others] = await listed();
        assert.deepEqual([now?.handle, others], [begin?.handle, []]);
        assert.equal((now?.lastUsedAt ?? 0) - (begin?.lastUsedAt ?? 0), 75 * MINUTE);
        assert.equal(await pages.status('/account/profile'), 200);
        const silent = await agent.get(authorizationRequest(server.issuer, { prompt: 'none' }).url);
        assert.match(silent.headers.get('location') ?? '', /[?&]code=/);
        clock.advance(26 * MINUTE);
        assert.equal(await pages.status('/account'), 303);
      });
    });

    it('ends without use', async () => {
      await withClock(async (clock) => {
        const { agent } = await signIn(server.issuer, { person: ANN });
        clock.advance(31 * MINUTE);
        assert.equal(await new AccountPages(server.issuer, agent).status('/account'), 303);
      });
    });
  });
}

describeUse('SQLite', async () => undefined);

describe('with Redis', () => {
  let redis: RedisServer | undefined;
  after(() => redis?.stop());
  describeUse('Redis', async (context) => {
    await needRedis(context);
    redis = await startRedis();
    return `redis://127.0.0.1:${redis.port}`;
  });
});
