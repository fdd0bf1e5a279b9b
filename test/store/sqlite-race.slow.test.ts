import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { figure } from '../support/reporter.ts';
import { askAll, startChildren, stopChildren } from './child-processes.ts';
import type { CountRound, IssueRound, RaceReport, RedeemRound } from './race-child.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const PROCESSES = 4;
const ATTEMPTS = 50;
const ONE_TIME = ['AuthorizationCode', 'RefreshToken', 'ReplayDetection'];

describe('Several processes on one SQLite file', function () {
  this.timeout(60_000);
  const path = temporaryDirectory();
  let children: ChildProcess[];
  let store: Store;
  let expiresAt: number;

  before(async () => {
    const address = `sqlite:${path('race.db')}`;
    children = await startChildren('race-child.ts', address, PROCESSES);
    store = await openStore(address, { clock: Date.now });
    expiresAt = Math.floor(Date.now() / 1000) + 3600;
  });
  after(async () => {
    await stopChildren(children);
    await store.close();
  });

  /** The attempts of a round that a process makes. */
  const share = (index: number) => Math.floor((ATTEMPTS + index) / PROCESSES);

  it('redeem each code, refresh token and replay id exactly once (RFC 6749 §4.1.2, RFC 9700 §4.14.2)', async () => {
    const rounds = 200;
    const start = performance.now();
    for (let round = 0; round < rounds; round++) {
      const id = `redeemed-${round}`;
      await Promise.all([
        store.artifacts.upsert('AuthorizationCode', id, { payload: {}, expiresAt }),
        store.artifacts.upsert('RefreshToken', id, { payload: {}, expiresAt }),
      ]);
      const reports = await askAll<RaceReport>(
        children,
        (index): RedeemRound => ({ kind: 'redeem', id, attempts: share(index), expiresAt }),
      );
      assert.deepEqual(
        reports.flatMap(({ errors }) => errors),
        [],
      );
      for (const kind of ONE_TIME) assert.equal(total(reports, kind), 1, `${kind} in round ${round}`);
    }
    figure(
      `${rounds} rounds × ${ATTEMPTS} attempts × ${ONE_TIME.length} kinds, ${PROCESSES} processes: one success each, ${since(start)}`,
    );
  });

  it('count attempts together, so that no more than the limit hear that they are within it', async () => {
    const [key, limit] = ['attempts', 10];
    const reports = await askAll<RaceReport>(
      children,
      (index): CountRound => ({ kind: 'count', key, limit, attempts: share(index) }),
    );
    assert.deepEqual(
      reports.flatMap(({ errors }) => errors),
      [],
    );
    assert.equal(total(reports, 'counted'), limit);
    assert.equal((await store.counters.read([key]))[0]?.count, ATTEMPTS);
  });

  it('leave nothing under a grant once its revocation was acknowledged', async () => {
    const rounds = 100;
    const start = performance.now();
    let accepted = 0;
    for (let round = 0; round < rounds; round++) {
      const grantId = `grant-${round}`;
      const prefix = (index: number) => `${grantId}-process-${index}`;
      const issuing = askAll<RaceReport>(
        children,
        (index): IssueRound => ({
          kind: 'issue',
          grantId,
          prefix: prefix(index),
          attempts: share(index),
          expiresAt,
        }),
      );
      await delay(round % 5);
      await store.artifacts.revokeGrant(grantId, expiresAt);
      await assertNothingIssued(prefix);
      const reports = await issuing;
      assert.deepEqual(
        reports.flatMap(({ errors }) => errors),
        [],
      );
      await assertNothingIssued(prefix);
      accepted += total(reports, 'AccessToken');
    }
    const attempted = rounds * ATTEMPTS;
    assert.ok(accepted > 0 && accepted < attempted, 'revocations came in the middle of the writes');
    figure(
      `${rounds} revocations against ${attempted} writes, of which ${accepted} came before: none found, ${since(start)}`,
    );
  });

  async function assertNothingIssued(prefix: (index: number) => string): Promise<void> {
    for (let index = 0; index < PROCESSES; index++) {
      for (let attempt = 0; attempt < share(index); attempt++) {
        const token = await store.artifacts.find('AccessToken', `${prefix(index)}-${attempt}`);
        assert.equal(token, undefined);
      }
    }
  }
});

function total(reports: readonly RaceReport[], kind: string): number {
  return reports.reduce((sum, { successes }) => sum + (successes[kind] ?? 0), 0);
}

function since(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
