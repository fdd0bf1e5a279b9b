import assert from 'node:assert/strict';
import { type JobDraft, sessionHandle, type Store } from '../../src/store/store.ts';
import { accountNamed } from './account-records.ts';
import { jobIds, listJobs } from './contract-jobs.ts';
import type { StoreIt } from './store-test.ts';

/** What the end of a session enqueues (`Listing.jobs`), whoever ends it. */
export function sessionJobContract(it: StoreIt): void {
  it('enqueues the jobs of a session with its consumption, once', async ({ store, clock }) => {
    const { artifacts, jobs } = store;
    await write(store, clock.now + 60, 's', ['a', 'b']);
    await write(store, clock.now + 60, 'other', ['c']);
    assert.deepEqual(await jobIds(jobs), []);
    let calls = 0;
    jobs.onEnqueue(() => (calls += 1));
    const ends = await Promise.all(Array.from({ length: 8 }, () => artifacts.consume('Session', 's')));
    assert.equal(ends.filter(Boolean).length, 1);
    assert.ok(calls > 0);
    assert.deepEqual(
      await listJobs(jobs),
      [draft('a'), draft('b')].map((job) => waiting(job, clock.now)),
    );
    await artifacts.destroy('Session', 's');
    assert.deepEqual(await jobIds(jobs), ['a', 'b']);
  });

  it('enqueues the jobs that the last write of the session has given it', async ({ store, clock }) => {
    await write(store, clock.now + 60, 's', ['a', 'b']);
    await write(store, clock.now + 60, 's', ['b', 'c']);
    await store.artifacts.consume('Session', 's');
    assert.deepEqual(await jobIds(store.jobs), ['b', 'c']);
  });

  it('loses no job that a concurrent request gives the session before it ends', async ({ store, clock }) => {
    const { artifacts, jobs } = store;
    for (let round = 0; round < 20; round++) {
      const [id, first, second] = [`s${round}`, `a${round}`, `b${round}`];
      await write(store, clock.now + 60, id, [first]);
      const { version } = await artifacts.read('Session', id);
      const both = sessionWrite(clock.now + 60, id, [first, second]);
      const commit = artifacts.commit({ writes: [{ kind: 'Session', id, write: both, version }] });
      const [{ outcome }, ended] = await Promise.all([commit, artifacts.consume('Session', id)]);
      assert.equal(ended, true);
      const enqueued = await jobIds(jobs);
      assert.ok(enqueued.includes(first));
      assert.equal(enqueued.includes(second), outcome === 'committed', `${outcome} in round ${round}`);
    }
  });

  it('enqueues nothing when a session expires or is replaced', async ({ store, clock }) => {
    await write(store, clock.now + 10, 's', ['a']);
    await write(store, clock.now + 60, 'moved', ['b']);
    await store.artifacts.upsert('Session', 'moved', { payload: {}, expiresAt: clock.now + 60 });
    clock.advance(10);
    assert.equal(await store.artifacts.consume('Session', 's'), false);
    await store.accounts.create(accountNamed('alice'));
    await store.accounts.update('alice', ({ generation }) => ({ generation: generation + 1 }));
    assert.deepEqual(await jobIds(store.jobs), []);
  });

  it('enqueues the jobs of all sessions of an account with a new generation, and with its removal', async ({
    store,
    clock,
  }) => {
    const { accounts, artifacts, jobs } = store;
    await accounts.create(accountNamed('alice'));
    await accounts.create(accountNamed('bob'));
    for (const [id, ids] of [
      ['s', ['a']],
      ['t', ['b', 'c']],
      ['u', []],
    ] as const)
      await write(store, clock.now + 60, id, ids);
    await write(store, clock.now + 60, 'of bob', ['d'], 'bob');
    await accounts.update('alice', () => ({ claims: { name: 'Alice' } }));
    await accounts.update('alice', () => undefined);
    assert.deepEqual(await jobIds(jobs), []);
    await accounts.update('alice', ({ generation }) => ({ generation: generation + 1, disabled: true }));
    assert.deepEqual(await jobIds(jobs), ['a', 'b', 'c']);
    await artifacts.revokeAccount('alice', clock.now + 60);
    await accounts.remove('bob');
    assert.deepEqual(await jobIds(jobs), ['a', 'b', 'c', 'd']);
  });

  it('enqueues the jobs of a session that is ended by its handle', async ({ store, clock }) => {
    const { accounts, jobs, listed } = store;
    await accounts.create(accountNamed('alice'));
    await write(store, clock.now + 60, 's', ['a']);
    await write(store, clock.now + 60, 't', ['b']);
    const handle = sessionHandle('uid of s');
    const sessions = { [handle]: { at: clock.now, until: clock.now + 60 } };
    await accounts.update('alice', () => ({ revocations: { sessions } }));
    await accounts.update('alice', ({ revocations }) => ({
      revocations: { ...revocations, withdrawals: 1 },
    }));
    assert.equal(await listed.endSession('alice', handle, clock.now + 60), true);
    assert.deepEqual(await jobIds(jobs), ['a']);
  });

  it('enqueues the jobs of an account with many sessions', async ({ store, clock }) => {
    await store.accounts.create(accountNamed('alice'));
    const ids = Array.from({ length: 250 }, (_, index) => `j${String(index).padStart(3, '0')}`);
    await Promise.all(ids.map((id) => write(store, clock.now + 60, `s ${id}`, [id])));
    await store.accounts.update('alice', ({ generation }) => ({ generation: generation + 1 }));
    assert.deepEqual(await store.jobs.counts(), {
      waiting: { test: ids.length },
      failed: {},
      oldest: clock.now,
    });
  });
}

function draft(id: string): JobDraft {
  return { id, kind: 'test', accountId: 'alice', clientId: 'web', sealed: `sealed ${id}` };
}

function waiting(job: JobDraft, now: number) {
  return { ...job, state: 'waiting', createdAt: now, since: now, dueAt: now, attempts: 0 };
}

async function write(
  { artifacts }: Store,
  expiresAt: number,
  id: string,
  jobs: readonly string[],
  accountId = 'alice',
): Promise<void> {
  await artifacts.upsert('Session', id, sessionWrite(expiresAt, id, jobs, accountId));
}

function sessionWrite(expiresAt: number, id: string, jobs: readonly string[], accountId = 'alice') {
  const uid = `uid of ${id}`;
  const listed = { facts: {}, jobs: jobs.map(draft) };
  return { payload: { uid }, expiresAt, accountId, uid, listed };
}
