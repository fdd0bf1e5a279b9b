import assert from 'node:assert/strict';
import { SqliteAudit } from '../../src/store/sqlite/audit.ts';
import { authorizationRequest, basic, MACHINE, redeem, signIn, token, WEB } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { UserAgent } from '../support/user-agent.ts';

/** What an operation costs in the store, counted by the server: exact on any machine. */
interface Cost {
  reads: number;
  transactions: number;
  durableWaits: number;
}

const METRICS: Readonly<Record<keyof Cost, RegExp>> = {
  reads: /^signet_store_reads_total\S* (\d+)$/m,
  transactions: /^signet_store_transactions_total\S* (\d+)$/m,
  durableWaits: /^signet_store_durable_waits_total\S* (\d+)$/m,
};

/** The sweeper and other work in the background count, too; not in every run. */
const RUNS = 3;

describe('Round trips to the store', () => {
  let server: TestServer;
  let agent: UserAgent;
  const append: unknown = Reflect.get(SqliteAudit.prototype, 'append');
  before(async () => {
    // Written in batches, in the background.
    SqliteAudit.prototype.append = () => Promise.resolve();
    server = await startTestServer();
    ({ agent } = await signIn(server.issuer));
  });
  after(async () => {
    Object.assign(SqliteAudit.prototype, { append });
    await server.stop();
  });

  async function counts(): Promise<Cost> {
    const response = await fetch(`http://127.0.0.1:${server.running.managementPort}/metrics`);
    const text = await response.text();
    const count = (name: keyof Cost): number => Number(METRICS[name].exec(text)?.[1] ?? Number.NaN);
    return {
      reads: count('reads'),
      transactions: count('transactions'),
      durableWaits: count('durableWaits'),
    };
  }

  /** @param prepare runs before each operation, and is not counted */
  async function costOf<Prepared>(
    prepare: () => Promise<Prepared>,
    operation: (prepared: Prepared) => Promise<void>,
  ): Promise<Cost> {
    const costs: Cost[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const prepared = await prepare();
      const before = await counts();
      await operation(prepared);
      const after = await counts();
      costs.push({
        reads: after.reads - before.reads,
        transactions: after.transactions - before.transactions,
        durableWaits: after.durableWaits - before.durableWaits,
      });
    }
    const least = (name: keyof Cost): number => Math.min(...costs.map((cost) => cost[name]));
    return {
      reads: least('reads'),
      transactions: least('transactions'),
      durableWaits: least('durableWaits'),
    };
  }

  const nothing = async (): Promise<void> => {};

  const codeFlow = async (): Promise<void> => {
    const request = authorizationRequest(server.issuer);
    const location = (await agent.get(request.url)).headers.get('location') ?? '';
    const { response } = await redeem(
      server.issuer,
      new URL(location).searchParams.get('code') ?? '',
      request,
    );
    assert.equal(response.status, 200);
  };

  it('of the code flow with an existing session', async () => {
    // The client is cached for a second.
    const cost = await costOf(codeFlow, codeFlow);
    assert.deepEqual(cost, { reads: 7, transactions: 2, durableWaits: 1 });
  });

  it('of a refresh', async () => {
    const cost = await costOf(
      async () => (await signIn(server.issuer, { agent })).tokens.refresh_token as string,
      async (refreshToken) => {
        const form = { grant_type: 'refresh_token', refresh_token: refreshToken };
        assert.equal((await token(server.issuer, form)).response.status, 200);
      },
    );
    assert.deepEqual(cost, { reads: 4, transactions: 1, durableWaits: 1 });
  });

  it('of the introspection of an opaque token', async () => {
    const cost = await costOf(
      async () => (await signIn(server.issuer, { agent })).tokens.access_token,
      async (value) => {
        const response = await fetch(`${server.issuer}/introspect`, {
          method: 'POST',
          headers: { Authorization: basic(WEB) },
          body: new URLSearchParams({ token: value }),
        });
        assert.equal(((await response.json()) as { active: boolean }).active, true);
      },
    );
    assert.deepEqual(cost, { reads: 4, transactions: 0, durableWaits: 0 });
  });

  it('of client credentials', async () => {
    const form = { grant_type: 'client_credentials', scope: 'messages:read' };
    const request = async (): Promise<void> => {
      assert.equal((await token(server.issuer, form, MACHINE)).response.status, 200);
    };
    assert.deepEqual(await costOf(request, request), { reads: 0, transactions: 0, durableWaits: 0 });
  });

  it('of nothing', async () => {
    assert.deepEqual(await costOf(nothing, nothing), { reads: 0, transactions: 0, durableWaits: 0 });
  });
});
