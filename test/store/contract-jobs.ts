import assert from 'node:assert/strict';
import type { JobDraft, JobFilter, JobRecord, JobStore } from '../../src/store/store.ts';
import type { StoreIt } from './store-test.ts';

function jobNamed(id: string, members: Partial<JobDraft> = {}): JobDraft {
  return { id, kind: 'test', sealed: `sealed ${id}`, ...members };
}

/** Reads all pages. */
export async function listJobs(jobs: JobStore, filter: JobFilter = {}): Promise<JobRecord[]> {
  const all: JobRecord[] = [];
  let after: string | undefined;
  do {
    const page = await jobs.list(filter, { after, limit: 2 });
    all.push(...page.jobs);
    after = page.next;
  } while (after !== undefined);
  return all;
}

export async function jobIds(jobs: JobStore, filter?: JobFilter): Promise<string[]> {
  return (await listJobs(jobs, filter)).map(({ id }) => id);
}

/** `JobStore`. */
export function jobContract(it: StoreIt): void {
  it('keeps what was enqueued, each id once', async ({ store: { jobs }, clock }) => {
    assert.equal(await jobs.nextDue(), undefined);
    const draft = jobNamed('a', { accountId: 'alice', clientId: 'web' });
    await jobs.enqueue([draft, jobNamed('b')]);
    clock.advance(5);
    await jobs.enqueue([{ ...draft, sealed: 'another' }]);
    assert.equal(await jobs.nextDue(), clock.now - 5);
    const at = clock.now - 5;
    const fresh = { state: 'waiting', createdAt: at, since: at, dueAt: at, attempts: 0 };
    assert.deepEqual(await listJobs(jobs), [
      { ...draft, ...fresh },
      { ...jobNamed('b'), ...fresh },
    ]);
    assert.deepEqual(await jobs.counts(), { waiting: { test: 2 }, failed: {}, oldest: at });
  });

  it('gives a job that is enqueued for later when it is due', async ({ store: { jobs }, clock }) => {
    const dueAt = clock.now + 1000;
    await jobs.enqueue([jobNamed('later', { dueAt }), jobNamed('past', { dueAt: 1 })]);
    assert.deepEqual(
      (await listJobs(jobs)).map(({ id, dueAt, since }) => ({ id, dueAt, since })),
      [
        { id: 'later', dueAt, since: dueAt },
        { id: 'past', dueAt: clock.now, since: clock.now },
      ],
    );
    const claim = async () => (await jobs.claim({ limit: 9, until: clock.now + 30 })).map(({ id }) => id);
    assert.deepEqual(await claim(), ['past']);
    await jobs.cancel('past');
    clock.advance(999);
    assert.deepEqual([await claim(), await jobs.nextDue()], [[], dueAt]);
    clock.advance(1);
    assert.deepEqual(await claim(), ['later']);
  });

  it('gives each job to one of many concurrent callers, the one that is due first before others', async ({
    store: { jobs },
    clock,
  }) => {
    await jobs.enqueue([jobNamed('first')]);
    clock.advance(1);
    const names = Array.from({ length: 10 }, (_, index) => `j${index}`);
    await jobs.enqueue(names.map((id) => jobNamed(id)));
    const until = clock.now + 30;
    const [first] = await jobs.claim({ limit: 1, until });
    assert.equal(first?.id, 'first');
    const claims = await Promise.all(Array.from({ length: 20 }, () => jobs.claim({ limit: 3, until })));
    assert.deepEqual(
      claims
        .flat()
        .map(({ id }) => id)
        .toSorted(),
      names,
    );
    assert.equal(new Set(claims.flat().map(({ claim }) => claim)).size, names.length);
    assert.ok(claims.flat().every(({ attempts, dueAt }) => attempts === 1 && dueAt === until));
  });

  it('gives a job to another caller when a claim has expired, whose holder can settle it no more', async ({
    store: { jobs },
    clock,
  }) => {
    await jobs.enqueue([jobNamed('a')]);
    const [lost] = await jobs.claim({ limit: 5, until: clock.now + 30 });
    assert.ok(lost);
    clock.advance(29);
    assert.deepEqual(await jobs.claim({ limit: 5, until: clock.now + 30 }), []);
    clock.advance(1);
    const [taken] = await jobs.claim({ limit: 5, until: clock.now + 30 });
    assert.equal(taken?.attempts, 2);
    assert.equal(await jobs.settle(lost, { outcome: 'done' }), false);
    assert.deepEqual(await jobIds(jobs), ['a']);
    assert.equal(await jobs.settle(taken, { outcome: 'done' }), true);
    assert.deepEqual(await listJobs(jobs), []);
    assert.deepEqual(await jobs.counts(), { waiting: {}, failed: {}, oldest: undefined });
  });

  it('settles a job for later, and as failed', async ({ store: { jobs }, clock }) => {
    await jobs.enqueue([jobNamed('a')]);
    const claim = async () => (await jobs.claim({ limit: 1, until: clock.now + 30 }))[0];
    const first = await claim();
    assert.ok(first);
    await jobs.settle(first, { outcome: 'later', dueAt: clock.now + 60, reason: 'status 503' });
    assert.equal(await jobs.nextDue(), clock.now + 60);
    assert.equal(await claim(), undefined);
    assert.equal(await jobs.settle(first, { outcome: 'done' }), false);
    clock.advance(60);
    const second = await claim();
    assert.ok(second);
    assert.deepEqual([second.attempts, second.reason], [2, 'status 503']);
    await jobs.settle(second, { outcome: 'failed', reason: 'status 400' });
    assert.equal(await jobs.nextDue(), undefined);
    assert.deepEqual(await jobs.counts(), { waiting: {}, failed: { test: 1 }, oldest: undefined });
    const [failed] = await listJobs(jobs, { state: 'failed' });
    assert.deepEqual([failed?.reason, failed?.dueAt, failed?.attempts], ['status 400', clock.now, 2]);
  });

  it('retries a waiting and a failed job at once, and leaves a claimed one alone', async ({
    store: { jobs },
    clock,
  }) => {
    await jobs.enqueue([jobNamed('a')]);
    const claim = async () => (await jobs.claim({ limit: 1, until: clock.now + 30 }))[0];
    const first = await claim();
    assert.ok(first);
    assert.equal(await jobs.retry('a'), 'claimed');
    await jobs.settle(first, { outcome: 'later', dueAt: clock.now + 600, reason: 'status 503' });
    clock.advance(5);
    assert.equal(await jobs.retry('a'), 'retried');
    const second = await claim();
    assert.ok(second);
    assert.deepEqual([second.attempts, second.since, second.createdAt], [1, clock.now, clock.now - 5]);
    await jobs.settle(second, { outcome: 'failed', reason: 'status 400' });
    assert.equal(await jobs.retry('a'), 'retried');
    assert.deepEqual(await jobs.counts(), { waiting: { test: 1 }, failed: {}, oldest: clock.now });
    assert.equal((await claim())?.attempts, 1);
    clock.advance(30);
    assert.equal(await jobs.retry('a'), 'retried');
    assert.equal(await jobs.retry('unknown'), 'absent');
  });

  it('cancels a job in any state', async ({ store: { jobs }, clock }) => {
    await jobs.enqueue([jobNamed('a'), jobNamed('b')]);
    const [claimed] = await jobs.claim({ limit: 1, until: clock.now + 30 });
    assert.ok(claimed);
    for (const id of ['a', 'b']) assert.equal((await jobs.cancel(id))?.id, id);
    assert.equal(await jobs.cancel('a'), undefined);
    assert.equal(await jobs.settle(claimed, { outcome: 'later', dueAt: 1, reason: 'r' }), false);
    assert.deepEqual(await listJobs(jobs), []);
    assert.equal(await jobs.nextDue(), undefined);
  });

  it('lists by kind, state, account and client, and ends with the client', async ({
    store: { jobs, clients },
    clock,
  }) => {
    await jobs.enqueue([
      jobNamed('a', { accountId: 'alice', clientId: 'web' }),
      jobNamed('b', { kind: 'mail', accountId: 'alice' }),
      jobNamed('c', { accountId: 'bob', clientId: 'web' }),
      jobNamed('d', { accountId: 'bob', clientId: 'other' }),
    ]);
    const [first] = await jobs.claim({ limit: 1, until: clock.now + 30 });
    assert.ok(first);
    await jobs.settle(first, { outcome: 'failed', reason: 'r' });
    assert.deepEqual(await jobIds(jobs, { kind: 'mail' }), ['b']);
    assert.deepEqual(await jobIds(jobs, { state: 'failed' }), [first.id]);
    assert.deepEqual(await jobIds(jobs, { accountId: 'alice' }), ['a', 'b']);
    assert.deepEqual(await jobIds(jobs, { accountId: 'bob', clientId: 'web' }), ['c']);
    assert.equal(await clients.remove('web'), false);
    assert.deepEqual(await jobIds(jobs), ['b', 'd']);
  });

  it('removes old failed jobs, and the oldest beyond a number', async ({ store: { jobs }, clock }) => {
    const fail = async () => {
      const [job] = await jobs.claim({ limit: 1, until: clock.now + 30 });
      if (job) await jobs.settle(job, { outcome: 'failed', reason: 'r' });
    };
    for (const id of ['f1', 'f2', 'f3', 'f4']) {
      await jobs.enqueue([jobNamed(id)]);
      await fail();
      clock.advance(10);
    }
    const prune = (failedBefore: number, keep: number) => jobs.prune({ failedBefore, keep, limit: 10 });
    assert.deepEqual(await prune(clock.now - 40, 4), { failed: 0, waiting: 0 });
    assert.deepEqual(await prune(clock.now - 39, 4), { failed: 1, waiting: 0 });
    for (const id of ['w1', 'w2', 'w3']) {
      await jobs.enqueue([jobNamed(id)]);
      clock.advance(1);
    }
    assert.deepEqual(await prune(0, 2), { failed: 1, waiting: 1 });
    assert.deepEqual(await jobIds(jobs), ['f3', 'f4', 'w2', 'w3']);
  });

  it('tells this process of what it has enqueued', async ({ store: { jobs } }) => {
    let calls = 0;
    jobs.onEnqueue(() => (calls += 1));
    await jobs.enqueue([]);
    assert.equal(calls, 0);
    await jobs.enqueue([jobNamed('a')]);
    assert.equal(calls, 1);
  });
}
