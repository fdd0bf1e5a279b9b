import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { accountNamed } from './account-records.ts';
import { askAll, startChildren, stopChildren } from './child-processes.ts';
import type {
  ChangeRound,
  ClaimRound,
  CountRound,
  EmailRound,
  IssueRound,
  RaceReport,
  RedeemRound,
  SearchRound,
} from './race-child.ts';

const PROCESSES = LONG ? 4 : 2;
const ATTEMPTS = LONG ? 50 : 24;
/** Until a revocation has once been in time and once been late. */
const MOST_ROUNDS = 200;
const FACTOR = LONG ? 8 : 1;
const ONE_TIME = ['AuthorizationCode', 'RefreshToken', 'ReplayDetection'];

interface Racecourse {
  address: string;
  stop(): Promise<void>;
}

/**
 * What must hold when several processes use one store at the same time.
 * @param short rounds of the short form
 * @param start creates an empty store
 */
export function describeRaces(
  name: string,
  short: { redeem: number; revoke: number },
  start: (context: Mocha.Context) => Promise<Racecourse>,
): void {
  const rounds = { redeem: short.redeem * FACTOR, revoke: short.revoke * FACTOR };
  describe(`Several processes on ${name}`, function () {
    this.timeout(60_000);
    const expiresAt = Math.floor(Date.now() / 1000) + 3600;
    let course: Racecourse;
    let children: ChildProcess[];
    let store: Store;

    before(async function () {
      course = await start(this);
      children = await startChildren('race-child.ts', course.address, PROCESSES);
      store = await openStore(course.address, { clock: Date.now });
    });
    after(async () => {
      await stopChildren(children ?? []);
      await store?.close();
      await course?.stop();
    });

    it('redeem each code, refresh token and replay id exactly once (RFC 6749 §4.1.2, RFC 9700 §4.14.2)', async () => {
      const begin = performance.now();
      for (let round = 0; round < rounds.redeem; round++) {
        const id = `redeemed-${round}`;
        const write = { payload: {}, expiresAt, grantId: `grant-${id}`, accountId: 'alice' };
        await Promise.all([
          store.artifacts.upsert('AuthorizationCode', id, write),
          store.artifacts.upsert('RefreshToken', id, write),
        ]);
        const reports = await askAll<RaceReport>(
          children,
          (index): RedeemRound => ({ kind: 'redeem', id, attempts: share(index), expiresAt }),
        );
        assertNoErrors(reports);
        for (const kind of ONE_TIME) assert.equal(total(reports, kind), 1, `${kind} in round ${round}`);
      }
      figure(
        `${name}: ${rounds.redeem} rounds × ${ATTEMPTS} attempts × ${ONE_TIME.length} kinds, ${PROCESSES} processes: one success each, ${since(begin)}`,
      );
    });

    it('count attempts together, so that no more than the limit are within it', async () => {
      const [key, limit] = ['attempts', 10];
      const reports = await askAll<RaceReport>(
        children,
        (index): CountRound => ({ kind: 'count', key, limit, attempts: share(index) }),
      );
      assertNoErrors(reports);
      assert.equal(total(reports, 'counted'), limit);
      assert.equal((await store.counters.read([key]))[0]?.count, ATTEMPTS);
    });

    it('claim each job exactly once', async () => {
      const ids = Array.from({ length: ATTEMPTS }, (_, index) => `job-${index}`);
      await store.jobs.enqueue(ids.map((id) => ({ id, kind: 'race', sealed: '' })));
      const reports = await askAll<RaceReport>(
        children,
        (index): ClaimRound => ({ kind: 'claim', attempts: share(index), until: expiresAt }),
      );
      assertNoErrors(reports);
      for (const id of ids) assert.equal(total(reports, id), 1, id);
    });

    it('give an email address to one account when uniqueness is required', async () => {
      const email = 'one@example.com';
      const reports = await askAll<RaceReport>(
        children,
        (index): EmailRound => ({ kind: 'email', email, prefix: `person-${index}`, attempts: share(index) }),
      );
      assertNoErrors(reports);
      assert.equal(total(reports, 'account'), 1);
    });

    it('find accounts that change, and are right in the end', async () => {
      const prefix = 'searched-';
      const stable = Array.from({ length: 30 }, (_, index) => `m-stable-${index + 10}`);
      const claims = { name: 'Anybody Stable', groups: ['stable'] };
      for (const username of stable) await store.accounts.create({ ...accountNamed(username), claims });
      for (let index = 0; index < 8; index++) await store.accounts.create(accountNamed(`${prefix}${index}`));
      while ((await store.accounts.completeIndex(100)) === 100);
      const reports = await askAll<RaceReport>(
        children,
        (index): SearchRound => ({ kind: 'search', prefix, accounts: 8, attempts: share(index), stable }),
      );
      assertNoErrors(reports);
      assert.equal(total(reports, 'search'), ATTEMPTS);
      await assertSearchable(store, prefix);
    });

    it('lose no change of an account, client, consent or signing key', async () => {
      const id = 'changed';
      const times = { createdAt: 0, updatedAt: 0 };
      await Promise.all([
        store.accounts.create({ ...accountNamed(id), id }),
        store.clients.create({ id, instance: id, metadata: {}, secrets: [], source: 'added', ...times }),
        store.signingKeys.put({ kid: id, sealed: 'sealed', createdAt: 0 }),
      ]);
      const reports = await askAll<RaceReport>(children, (index): ChangeRound => {
        return { kind: 'change', id, prefix: `process-${index}`, attempts: share(index), expiresAt };
      });
      assertNoErrors(reports);
      const names = Array.from({ length: PROCESSES }, (_, index) =>
        Array.from({ length: share(index) }, (_unused, attempt) => `process-${index}-${attempt}`),
      ).flat();
      const kept = {
        account: Object.keys((await store.accounts.find(id))?.claims ?? {}),
        client: Object.keys((await store.clients.find(id))?.metadata ?? {}),
        artifact: Object.keys((await store.artifacts.find('Consent', id)) ?? {}),
        'signing key': (await store.signingKeys.list())[0]?.sealed.split(' ').slice(1) ?? [],
      };
      for (const [what, found] of Object.entries(kept)) {
        assert.equal(total(reports, what), ATTEMPTS, what);
        assert.deepEqual(
          names.filter((name) => !found.includes(name)),
          [],
          what,
        );
      }
    });

    it('leave nothing under a grant once its revocation was acknowledged', async () => {
      const begin = performance.now();
      let accepted = 0;
      let attempted = 0;
      const isMixed = () => accepted > 0 && accepted < attempted;
      for (let round = 0; round < rounds.revoke || (!isMixed() && round < MOST_ROUNDS); round++) {
        const grantId = `grant-${round}`;
        const prefix = (index: number) => `${grantId}-process-${index}`;
        const issuing = askAll<RaceReport>(children, (index): IssueRound => {
          return { kind: 'issue', grantId, prefix: prefix(index), attempts: share(index), expiresAt };
        });
        await delay(round % 4);
        await store.artifacts.revokeGrant(grantId, expiresAt);
        await assertNothingIssued(store, prefix);
        const reports = await issuing;
        assertNoErrors(reports);
        await assertNothingIssued(store, prefix);
        accepted += total(reports, 'AccessToken');
        attempted += ATTEMPTS;
      }
      assert.ok(isMixed(), 'revocations happened during the writes');
      figure(
        `${name}: ${attempted / ATTEMPTS} revocations against ${attempted} writes, of which ${accepted} were acknowledged: none found, ${since(begin)}`,
      );
    });
  });
}

/** Each account is found by what it has now, and by nothing else. */
async function assertSearchable({ accounts }: Store, prefix: string): Promise<void> {
  const all = (await accounts.list({ limit: 1000 })).filter(({ id }) => id.startsWith(prefix));
  assert.equal(all.length, 8);
  for (const word of ['word0', 'word1', 'word2']) {
    const having = all.filter(({ claims }) => claims.groups?.toString() === word);
    assert.deepEqual(await accounts.list({ search: word, limit: 1000 }), having);
    assert.deepEqual(await accounts.list({ search: `${word}-searched`, limit: 1000 }), having);
    assert.deepEqual(await accounts.list({ group: word, limit: 1000 }), having);
    const disabled = having.filter((account) => account.disabled);
    assert.deepEqual(await accounts.list({ group: word, disabled: true, limit: 1000 }), disabled);
  }
}

/** The number of attempts of one process in a round. */
function share(index: number): number {
  return Math.floor((ATTEMPTS + index) / PROCESSES);
}

async function assertNothingIssued({ artifacts }: Store, prefix: (index: number) => string): Promise<void> {
  for (let index = 0; index < PROCESSES; index++) {
    const ids = Array.from({ length: share(index) }, (_, attempt) => `${prefix(index)}-${attempt}`);
    const found = await Promise.all(ids.map((id) => artifacts.find('AccessToken', id)));
    assert.ok(found.every((token) => token === undefined));
  }
}

function assertNoErrors(reports: readonly RaceReport[]): void {
  assert.deepEqual(
    reports.flatMap(({ errors }) => errors),
    [],
  );
}

function total(reports: readonly RaceReport[], kind: string): number {
  return reports.reduce((sum, { successes }) => sum + (successes[kind] ?? 0), 0);
}

function since(begin: number): string {
  return `${((performance.now() - begin) / 1000).toFixed(1)} s`;
}
