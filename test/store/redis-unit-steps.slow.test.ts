import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open.ts';
import { parseAddress } from '../../src/store/redis/connection/address.ts';
import { connect } from '../../src/store/redis/connection/connect.ts';
import type { Connection } from '../../src/store/redis/connection/connection.ts';
import { RedisArtifacts } from '../../src/store/redis/artifacts/artifacts.ts';
import { RedisJobs } from '../../src/store/redis/jobs.ts';
import { SessionJobs } from '../../src/store/redis/session-jobs.ts';
import type { ArtifactUnit, CommitOutcome, Store } from '../../src/store/store.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { accountNamed } from './account-records.ts';
import { type Stepping, stepping } from './stepping-connection.ts';

/**
 * A unit in Redis consists of several commands. Whatever happens between any two of them, or when the process ends there, must leave what
 * the port promises (docs/redis.md, "Why a unit leaves nothing behind"): each test runs it at every point.
 */

const expiresAt = Math.floor(Date.now() / 1000) + 3600;

interface Setting {
  /** Prefix of all ids. */
  name: string;
  readonly commit: (unit: ArtifactUnit) => Promise<CommitOutcome>;
}

describe('A unit in Redis, at every point between its commands', function () {
  this.timeout(60_000);
  let server: RedisServer;
  let store: Store;
  let redis: Connection;
  let steps: Stepping;
  let round = 0;

  before(async function () {
    await needRedis(this);
    server = await startRedis();
    const address = `redis://127.0.0.1:${server.port}`;
    store = await openStore(address, { clock: Date.now });
    redis = await connect(parseAddress(address), false);
    steps = stepping(redis);
  });
  after(async () => {
    await redis?.close();
    await store?.close();
    await server?.stop();
  });

  /**
   * Runs `commit` twice for every command that it sends, and `meanwhile` before that command: once with all later commands after it, and
   * once with those after it that do not wait for the command.
   * @returns the outcomes
   */
  async function atEveryPoint(
    commit: (setting: Setting) => Promise<CommitOutcome>,
    meanwhile: (name: string) => Promise<unknown>,
    check: (name: string, outcome: string) => Promise<void>,
  ): Promise<string[]> {
    const now = () => Math.floor(Date.now() / 1000);
    const jobs = new RedisJobs(steps.connection, now);
    const artifacts = new RedisArtifacts(steps.connection, new SessionJobs(steps.connection, jobs, now), now);
    const outcomes: string[] = [];
    for (const alone of [false, true]) outcomes.push(...(await atPoints(alone)));
    return outcomes;

    async function atPoints(alone: boolean): Promise<string[]> {
      const outcomes: string[] = [];
      for (let point = 0; ; point++) {
        const name = `round ${round++}`;
        await prepare(name);
        const outcome = await commit({
          name,
          commit: (unit) => {
            steps.stopBefore(point, alone, () => meanwhile(name));
            return artifacts.commit(unit);
          },
        }).then(
          (settled) => settled.outcome,
          (error: unknown) => String(error),
        );
        if (steps.commands <= point) break;
        await steps.ended();
        await check(name, outcome);
        outcomes.push(outcome);
      }
      return outcomes;
    }
  }

  async function prepare(name: string): Promise<void> {
    await store.accounts.create(accountNamed(name, name));
    const client = {
      id: name,
      instance: name,
      metadata: {},
      source: 'added',
      createdAt: 0,
      updatedAt: 0,
    } as const;
    await store.clients.create({ ...client, secrets: [] });
    const write = { payload: {}, expiresAt, grantId: name, accountId: name };
    await store.artifacts.upsert('Grant', name, { ...write, grantId: undefined });
    await store.artifacts.upsert('RefreshToken', name, write);
    await store.artifacts.upsert('Session', name, { payload: { n: 0 }, expiresAt, accountId: name });
  }

  const refresh = (name: string, by = 'stepped'): ArtifactUnit => {
    const write = { payload: {}, expiresAt, grantId: name, accountId: name };
    return {
      consume: { kind: 'RefreshToken', id: name, answer: { payload: { by }, expiresAt } },
      writes: [
        { kind: 'AccessToken', id: `${name} ${by}`, write },
        { kind: 'RefreshToken', id: `${name} ${by}`, write },
      ],
      accounts: [{ id: name, generation: 0 }],
      clients: [{ id: name, instance: name }],
    };
  };

  async function isWritten(name: string, by = 'stepped'): Promise<boolean> {
    const found = await Promise.all([
      store.artifacts.find('AccessToken', `${name} ${by}`),
      store.artifacts.find('RefreshToken', `${name} ${by}`),
    ]);
    assert.equal(found[0] === undefined, found[1] === undefined);
    return found[0] !== undefined;
  }

  const steppedRefresh = ({ name, commit }: Setting) => commit(refresh(name));

  function report(what: string, outcomes: readonly string[]): void {
    assert.ok(outcomes.length >= 8, 'every command is a point');
    const counts = Map.groupBy(outcomes, (outcome) => outcome);
    figure(`${what}: ${[...counts].map(([outcome, all]) => `${all.length} × ${outcome}`).join(', ')}`);
  }

  it('leaves nothing under a grant that is revoked', async () => {
    const outcomes = await atEveryPoint(
      steppedRefresh,
      (name) => store.artifacts.revokeGrant(name, expiresAt),
      async (name) => assert.equal(await isWritten(name), false),
    );
    report('revokeGrant', outcomes);
    assert.equal(outcomes[0], 'absent');
    assert.equal(outcomes.at(-1), 'committed');
  });

  it('leaves nothing of an account whose generation is raised and whose artifacts are revoked', async () => {
    const outcomes = await atEveryPoint(
      steppedRefresh,
      async (name) => {
        await store.accounts.update(name, () => ({ generation: 1 }));
        await store.artifacts.revokeAccount(name, expiresAt);
      },
      async (name) => assert.equal(await isWritten(name), false),
    );
    report('new generation and revokeAccount', outcomes);
    assert.equal(outcomes.at(-1), 'committed');
  });

  it('leaves nothing of an account without a consumption either', async () => {
    const outcomes = await atEveryPoint(
      ({ name, commit }) => {
        const { accounts } = refresh(name);
        const write = { payload: {}, expiresAt, accountId: name };
        const grantless = (['AccessToken', 'RefreshToken'] as const).map((kind) => {
          return { kind, id: `${name} stepped`, write };
        });
        return commit({ writes: grantless, accounts });
      },
      async (name) => {
        await store.accounts.update(name, () => ({ disabled: true }));
        await store.artifacts.revokeAccount(name, expiresAt);
      },
      async (name) => assert.equal(await isWritten(name), false),
    );
    assert.ok(outcomes.includes('outdated'));
  });

  it('redeems an artifact once, whenever another request redeems it', async () => {
    const outcomes = await atEveryPoint(
      steppedRefresh,
      async (name) => store.artifacts.commit(refresh(name, 'other')),
      async (name, outcome) => {
        const isFirst = outcome === 'committed';
        assert.deepEqual([await isWritten(name), await isWritten(name, 'other')], [isFirst, !isFirst]);
        const answer = await store.artifacts.findAnswer('RefreshToken', name);
        assert.deepEqual(answer, { by: isFirst ? 'stepped' : 'other' });
      },
    );
    report('a second refresh', outcomes);
    assert.deepEqual(new Set(outcomes), new Set(['consumed', 'committed']));
  });

  it('writes all or nothing, whenever a session that it read is written', async () => {
    const outcomes = await atEveryPoint(
      async ({ name, commit }) => {
        const { version } = await store.artifacts.read('Session', name);
        const session = { payload: { n: 1 }, expiresAt, accountId: name };
        const { writes = [], ...unit } = refresh(name);
        return commit({
          ...unit,
          writes: [...writes, { kind: 'Session', id: name, write: session, version }],
        });
      },
      async (name) => {
        const { payload } = await store.artifacts.read('Session', name);
        const merged = { ...payload, other: true };
        await store.artifacts.upsert('Session', name, { payload: merged, expiresAt, accountId: name });
      },
      async (name, outcome) => {
        const isCommitted = outcome === 'committed';
        assert.equal(await isWritten(name), isCommitted);
        assert.deepEqual(await store.artifacts.find('Session', name), {
          n: isCommitted ? 1 : 0,
          other: true,
        });
        const consumed = (await store.artifacts.find('RefreshToken', name))?.consumed;
        assert.equal(consumed !== undefined, isCommitted);
      },
    );
    report('a session that is written', outcomes);
    assert.deepEqual(new Set(outcomes), new Set(['changed', 'committed']));
  });

  it('leaves a session as it was when another request redeems the artifact', async () => {
    const outcomes = await atEveryPoint(
      async ({ name, commit }) => {
        const { version } = await store.artifacts.read('Session', name);
        const session = { payload: { n: 1 }, expiresAt, accountId: name };
        return commit({
          consume: { kind: 'RefreshToken', id: name },
          writes: [{ kind: 'Session', id: name, write: session, version }],
        });
      },
      (name) => store.artifacts.consume('RefreshToken', name),
      async (name, outcome) => {
        assert.equal((await store.artifacts.find('Session', name))?.n, outcome === 'committed' ? 1 : 0);
      },
    );
    assert.deepEqual(new Set(outcomes), new Set(['consumed']));
  });

  it('consumes an artifact that is written again meanwhile', async () => {
    const outcomes = await atEveryPoint(
      steppedRefresh,
      (name) =>
        store.artifacts.upsert('RefreshToken', name, { payload: { again: true }, expiresAt: expiresAt + 1 }),
      async (name) => {
        assert.equal(await isWritten(name), true);
        assert.notEqual((await store.artifacts.find('RefreshToken', name))?.consumed, undefined);
      },
    );
    assert.deepEqual(new Set(outcomes), new Set(['committed']));
  });

  it('can be repeated when the process ends before the artifact is used, and is complete after it', async () => {
    const outcomes = await atEveryPoint(
      steppedRefresh,
      () => Promise.reject(new Error('killed')),
      async (name) => {
        const isUsed = (await store.artifacts.find('RefreshToken', name))?.consumed !== undefined;
        const { outcome } = await store.artifacts.commit(refresh(name, 'repeated'));
        assert.equal(outcome, isUsed ? 'consumed' : 'committed');
        const by = isUsed ? 'stepped' : 'repeated';
        assert.equal(await isWritten(name, by), true);
        assert.deepEqual(await store.artifacts.findAnswer('RefreshToken', name), { by });
      },
    );
    report('the process ends', outcomes);
    assert.equal(
      outcomes.at(-1),
      'committed',
      'the last command is the answer for Signet 0.1, for which nothing waits',
    );
  });
});
