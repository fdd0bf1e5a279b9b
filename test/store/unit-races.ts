import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore } from '../../src/store/open.ts';
import type { ArtifactUnit, Store } from '../../src/store/store.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { accountNamed } from './account-records.ts';
import { askAll, startChildren, stopChildren } from './child-processes.ts';
import type { CommitRound, MergeRound, UnitReport } from './unit-race-child.ts';

/** Units that one process commits in a round. */
const UNITS = 10;
const STARTS = 5;
/** Times the rounds, until what happens in a round has once been in time and once been late. */
const MOST_ROUNDS = 20;
const FACTOR = LONG ? 20 : 1;
const expiresAt = Math.floor(Date.now() / 1000) + 3600;

interface Racecourse {
  address: string;
  stop(): Promise<void>;
}

interface Course {
  processes: number;
  rounds: number;
  /** Creates an empty store. */
  start: (context: Mocha.Context) => Promise<Racecourse>;
}

/** What must hold when several processes commit units to one store at the same time. */
export function describeUnitRaces(name: string, { processes, rounds, start }: Course): void {
  const total = rounds * FACTOR;
  describe(`Units of ${processes} processes on ${name}`, function () {
    this.timeout(60_000 * FACTOR);
    let course: Racecourse;
    let children: ChildProcess[];
    let store: Store;
    /** Milliseconds of the last round: what races with the units of a round begins at some point of that time. */
    let span = 0;

    /** Over a few rounds, from the beginning of a round to near its end. */
    const startOf = (round: number): number => (span * (round % STARTS)) / STARTS;

    before(async function () {
      course = await start(this);
      children = await startChildren('unit-race-child.ts', course.address, processes);
      store = await openStore(course.address, { clock: Date.now });
    });
    after(async () => {
      await stopChildren(children ?? []);
      await store?.close();
      await course?.stop();
    });

    /** Each process commits its units; `n` counts over all processes. */
    async function commit(unitOf: (n: number) => ArtifactUnit): Promise<Map<number, string>> {
      const begin = performance.now();
      const reports = await askAll<UnitReport>(children, (index): CommitRound => {
        return {
          kind: 'commit',
          units: Array.from({ length: UNITS }, (_, unit) => unitOf(index * UNITS + unit)),
        };
      });
      span = performance.now() - begin;
      assert.deepEqual(
        reports.flatMap(({ errors }) => errors),
        [],
      );
      return new Map(
        reports.flatMap(({ outcomes }) => outcomes).map((outcome, n) => [n, JSON.stringify(outcome)]),
      );
    }

    it('redeem a refresh token once: one successor, and its answer for all others (RFC 9700 §4.14.2)', async () => {
      for (let round = 0; round < total; round++) {
        const token = `token ${round}`;
        const write = { payload: {}, expiresAt, grantId: `grant ${round}`, accountId: 'alice' };
        await store.artifacts.upsert('RefreshToken', token, write);
        const outcomes = await commit((n) => ({
          consume: { kind: 'RefreshToken', id: token, answer: { payload: { n }, expiresAt } },
          writes: successors(`${token} ${n}`, write),
        }));
        const [winner, ...others] = namesOf(outcomes, 'committed');
        assert.equal(others.length, 0);
        const answer = await store.artifacts.findAnswer('RefreshToken', token);
        assert.deepEqual(answer, { n: winner });
        const at = (await store.artifacts.find('RefreshToken', token))?.consumed;
        const lost = JSON.stringify({ outcome: 'consumed', at, answer });
        for (const [n, outcome] of outcomes) if (n !== winner) assert.equal(outcome, lost);
        assert.deepEqual(await alive(store, outcomes, (n) => `${token} ${n}`), [winner]);
      }
      figure(
        `${name}: ${total} tokens × ${processes * UNITS} refreshes in ${processes} processes: one successor each`,
      );
    });

    it('leave nothing under a grant once its revocation was acknowledged', async () => {
      let committed = 0;
      let attempted = 0;
      const isMixed = () => committed > 0 && committed < attempted;
      for (let round = 0; round < total || (!isMixed() && round < total * MOST_ROUNDS); round++) {
        const grantId = `revoked ${round}`;
        const write = { payload: {}, expiresAt, grantId };
        const name = (n: number) => `${grantId} ${n}`;
        await Promise.all(
          numbers(processes).map((n) => store.artifacts.upsert('AuthorizationCode', name(n), write)),
        );
        const committing = commit((n) => ({
          consume: { kind: 'AuthorizationCode', id: name(n) },
          writes: successors(name(n), write),
        }));
        await delay(startOf(round));
        await store.artifacts.revokeGrant(grantId, expiresAt);
        const all = new Map(numbers(processes).map((n) => [n, '']));
        assert.deepEqual(await alive(store, all, name), []);
        const outcomes = await committing;
        assert.deepEqual(await alive(store, all, name), []);
        committed += namesOf(outcomes, 'committed').length;
        attempted += processes * UNITS;
        assertOnly(outcomes, ['committed', 'revoked', 'absent']);
      }
      assert.ok(isMixed(), 'revocations happened during the commits');
      figure(
        `${name}: ${attempted / processes / UNITS} revocations against ${attempted} units, of which ${committed} were committed: nothing found`,
      );
    });

    it('leave nothing of an account once its new generation and its revocation were acknowledged', async () => {
      let committed = 0;
      for (let round = 0; round < total; round++) {
        const id = `account ${round}`;
        await store.accounts.create(accountNamed(id, id));
        const name = (n: number) => `${id} ${n}`;
        const unitOf = (n: number): ArtifactUnit => {
          const grantId = `grant of ${name(n)}`;
          const write = { payload: {}, expiresAt, grantId, accountId: id };
          return {
            writes: [{ kind: 'Grant', id: grantId, write }, ...successors(name(n), write)],
            accounts: [{ id, generation: 0 }],
          };
        };
        const committing = commit(unitOf);
        await delay(startOf(round));
        await store.accounts.update(id, () => ({ generation: 1 }));
        assert.deepEqual(await store.artifacts.commit(unitOf(-1)), { outcome: 'outdated' });
        await store.artifacts.revokeAccount(id, expiresAt);
        const outcomes = await committing;
        assert.deepEqual(await alive(store, outcomes, name), []);
        committed += namesOf(outcomes, 'committed').length;
        assertOnly(outcomes, ['committed', 'outdated', 'revoked']);
      }
      figure(
        `${name}: ${total} new generations against units, of which ${committed} were committed: nothing found`,
      );
    });

    it('write nothing for a client once its new instance was acknowledged', async () => {
      const client = { metadata: {}, secrets: [], source: 'added', createdAt: 0, updatedAt: 0 } as const;
      for (let round = 0; round < total; round++) {
        const id = `client ${round}`;
        await store.clients.create({ ...client, id, instance: 'first', secrets: [] });
        const name = (n: number) => `${id} ${n}`;
        const unitOf = (n: number): ArtifactUnit => ({
          writes: successors(name(n), { payload: {}, expiresAt }),
          clients: [{ id, instance: 'first' }],
        });
        const during = commit(unitOf);
        await delay(startOf(round));
        await store.clients.update(id, (current) => ({ ...current, instance: 'second' }));
        assert.deepEqual(await store.artifacts.commit(unitOf(-1)), { outcome: 'outdated' });
        const outcomes = await during;
        assertOnly(outcomes, ['committed', 'outdated']);
        assert.deepEqual(await alive(store, outcomes, name), namesOf(outcomes, 'committed'));
        const after = await commit((n) => unitOf(n + 1000));
        assert.deepEqual(namesOf(after, 'outdated').length, processes * UNITS);
      }
    });

    it('lose no change of a session that is merged by version, and write all of each unit or nothing', async () => {
      for (let round = 0; round < Math.ceil(total / 10); round++) {
        const id = `session ${round}`;
        await store.artifacts.upsert('Session', id, { payload: {}, expiresAt });
        const names = (index: number) => Array.from({ length: UNITS }, (_, n) => `${id} ${index} ${n}`);
        const reports = await askAll<UnitReport>(children, (index): MergeRound => {
          return { kind: 'merge', id, names: names(index), expiresAt };
        });
        assert.deepEqual(
          reports.flatMap(({ errors }) => errors),
          [],
        );
        const all = Array.from({ length: processes }, (_, index) => names(index)).flat();
        const merged = Object.keys((await store.artifacts.find('Session', id)) ?? {});
        assert.deepEqual(merged.toSorted(), all.toSorted());
        const codes = await Promise.all(all.map((code) => store.artifacts.find('AuthorizationCode', code)));
        assert.ok(codes.every((code) => code !== undefined));
      }
    });
  });
}

function numbers(processes: number): number[] {
  return Array.from({ length: processes * UNITS }, (_, n) => n);
}

function successors(id: string, write: NonNullable<ArtifactUnit['writes']>[number]['write']) {
  return [
    { kind: 'AccessToken', id, write },
    { kind: 'RefreshToken', id: `${id} successor`, write },
  ] as const;
}

/** The units of whose artifacts any can be found; fails when only some of a unit's can. */
async function alive(
  store: Store,
  units: ReadonlyMap<number, string>,
  nameOf: (n: number) => string,
): Promise<number[]> {
  const found: number[] = [];
  for (const n of units.keys()) {
    const [access, refresh] = await Promise.all([
      store.artifacts.find('AccessToken', nameOf(n)),
      store.artifacts.find('RefreshToken', `${nameOf(n)} successor`),
    ]);
    assert.equal(access === undefined, refresh === undefined, `all or nothing of ${nameOf(n)}`);
    if (access) found.push(n);
  }
  return found;
}

function namesOf(outcomes: ReadonlyMap<number, string>, outcome: string): number[] {
  return [...outcomes].filter(([, text]) => text.startsWith(`{"outcome":"${outcome}"`)).map(([n]) => n);
}

function assertOnly(outcomes: ReadonlyMap<number, string>, allowed: readonly string[]): void {
  const unexpected = [...outcomes.values()].filter((text) => !allowed.includes(JSON.parse(text).outcome));
  assert.deepEqual(unexpected, []);
}
