import assert from 'node:assert/strict';
import { RETRY_PERIOD, retryDelay } from '../../src/jobs/backoff.ts';
import { draftJob } from '../../src/jobs/draft.ts';
import type { Job, JobKind, JobOutcome } from '../../src/jobs/kind.ts';
import { startQueueFigures } from '../../src/jobs/queue-figures.ts';
import { type JobRunner, startJobRunner } from '../../src/jobs/runner.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { TestClock } from '../store/store-test.ts';

const sealer = {
  seal: (_purpose: string, id: string, bytes: Uint8Array) => `${id} ${Buffer.from(bytes).toString('hex')}`,
  open: (_purpose: string, id: string, sealed: string) => {
    const [of, hex = ''] = sealed.split(' ');
    if (of !== id) throw new Error('sealed for another job');
    return Buffer.from(hex, 'hex');
  },
};

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as never;

/** What happens to jobs of the kind `test`. */
class TestKind implements JobKind {
  readonly kind = 'test';
  readonly sent: Job[] = [];
  readonly ended: string[] = [];
  running = 0;
  most = 0;
  answer: (job: Job) => JobOutcome | Promise<JobOutcome> = () => ({ outcome: 'done' });

  async send(job: Job): Promise<JobOutcome> {
    this.sent.push(job);
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    try {
      return await this.answer(job);
    } finally {
      this.running -= 1;
    }
  }

  onEnd(
    { id }: { id: string },
    { outcome, reason = '' }: { outcome: string; reason?: string | undefined },
  ): void {
    this.ended.push(`${id} ${outcome} ${reason}`.trim());
  }
}

describe('The runner of the outbox', () => {
  let store: Store;
  let clock: TestClock;
  let kind: TestKind;
  let runner: JobRunner;
  let counted: string[];
  const start = (kinds: readonly JobKind[] = [kind]) =>
    startJobRunner({
      jobs: store.jobs,
      kinds: () => kinds,
      sealer,
      clock: clock.milliseconds,
      log: silent,
      metrics: { job: (...of) => void counted.push(of.join(' ')) },
    });
  beforeEach(async () => {
    clock = new TestClock();
    store = await openStore('sqlite::memory:', { clock: clock.milliseconds });
    kind = new TestKind();
    counted = [];
    runner = start();
  });
  afterEach(async () => {
    await runner.stop();
    await store.close();
  });

  const enqueue = (ids: readonly string[], members: object = {}) =>
    store.jobs.enqueue(
      ids.map((id) => draftJob(sealer, { id, kind: 'test', payload: { of: id }, ...members })),
    );
  const jobs = async () => (await store.jobs.list({}, { limit: 99 })).jobs;

  it('sends a job of this process at once, with its payload, and removes it', async () => {
    const sent = new Promise<Job>((resolve) => {
      kind.answer = (job) => {
        resolve(job);
        return { outcome: 'done' };
      };
    });
    await enqueue(['a'], { accountId: 'alice', clientId: 'web' });
    assert.deepEqual(await sent, {
      id: 'a',
      accountId: 'alice',
      clientId: 'web',
      payload: { of: 'a' },
      attempt: 1,
      createdAt: clock.now,
    });
    await runner.sendDue();
    assert.deepEqual(await jobs(), []);
    assert.deepEqual([kind.ended, counted], [['a done'], ['test sent']]);
  });

  it('sends no more than 16 at once', async () => {
    const { promise, resolve } = Promise.withResolvers<JobOutcome>();
    kind.answer = () => promise;
    await enqueue(Array.from({ length: 40 }, (_, index) => `j${index}`));
    const all = runner.sendDue();
    while (kind.running < 16) await new Promise(setImmediate);
    assert.equal((await store.jobs.claim({ limit: 99, until: clock.now + 1 })).length, 24);
    clock.advance(1);
    resolve({ outcome: 'done' });
    await all;
    assert.deepEqual([kind.most, kind.sent.length], [16, 40]);
  });

  it('backs off exponentially for a day, and gives up then', async () => {
    kind.answer = () => ({ outcome: 'retry', reason: 'status 503' });
    await enqueue(['a']);
    const began = clock.now;
    const waits: number[] = [];
    for (let [job] = await jobs(); ; [job] = await jobs()) {
      await runner.sendDue();
      const [after] = await jobs();
      assert.ok(job && after);
      if (after.state === 'failed') break;
      waits.push(after.dueAt - clock.now);
      clock.now = after.dueAt;
    }
    assert.ok(clock.now - began <= RETRY_PERIOD && clock.now - began > RETRY_PERIOD - 4500);
    assert.ok(waits.length > 25 && waits.length < 45, String(waits.length));
    for (const [index, wait] of waits.entries()) {
      const base = Math.min(5 * 2 ** index, 3600);
      assert.ok(wait >= Math.floor(base * 0.75) && wait <= Math.ceil(base * 1.25), `${index}: ${wait}`);
    }
    assert.deepEqual(kind.ended, ['a failed given up: status 503']);
    assert.equal((await jobs())[0]?.reason, 'given up: status 503');
  });

  it('attempts a job once even when no server was there for days', async () => {
    kind.answer = () => ({ outcome: 'retry', reason: 'status 503' });
    await runner.stop();
    await enqueue(['a']);
    clock.advance(3 * RETRY_PERIOD);
    runner = start();
    await runner.sendDue();
    assert.deepEqual([kind.sent.length, (await jobs())[0]?.state], [1, 'failed']);
  });

  it('gives no job up because of another one: it is attempted before', async () => {
    kind.answer = ({ id }) =>
      id === 'new' ? { outcome: 'retry', reason: 'status 503' } : { outcome: 'done' };
    await runner.stop();
    await enqueue(['old'], { clientId: 'web' });
    clock.advance(RETRY_PERIOD - 2);
    const claims = await store.jobs.claim({ limit: 1, until: clock.now });
    for (const claim of claims)
      await store.jobs.settle(claim, { outcome: 'later', dueAt: clock.now + 1, reason: 'status 503' });
    await enqueue(['new'], { clientId: 'web' });
    runner = start();
    await runner.sendDue();
    clock.advance(1);
    await runner.sendDue();
    assert.deepEqual(
      kind.sent.map(({ id }) => id),
      ['new', 'old'],
    );
    assert.deepEqual(kind.ended, ['old done']);
  });

  it('waits for what the receiver asks for, within limits', () => {
    assert.equal(retryDelay(1, 600, 0.5), 600);
    assert.equal(retryDelay(1, 1, 0.5), 5);
    assert.equal(retryDelay(1, 1e9, 0.5), 21_600);
    assert.equal(retryDelay(99, 0, 1), 4500);
  });

  it('ends a job that is dropped without an event, and one that has failed for good with one', async () => {
    kind.answer = ({ id }) => ({ outcome: id === 'a' ? 'dropped' : 'failed', reason: 'r' });
    await enqueue(['a', 'b']);
    await runner.sendDue();
    assert.deepEqual(kind.ended, ['b failed r']);
    assert.deepEqual(counted.toSorted(), ['test dropped', 'test failed']);
  });

  it('keeps a job whose kind it does not know, that cannot be opened, or whose sender fails', async () => {
    await store.jobs.enqueue([
      { id: 'unknown', kind: 'of a later version', sealed: '' },
      { id: 'moved', kind: 'test', sealed: 'another 00' },
    ]);
    kind.answer = () => Promise.reject(new Error('secret text of an error'));
    await enqueue(['a']);
    await runner.sendDue();
    const reasons = Object.fromEntries((await jobs()).map(({ id, reason }) => [id, reason]));
    assert.deepEqual(reasons, {
      unknown: 'this version has no such kind of job',
      moved: 'internal error: see the log',
      a: 'internal error: see the log',
    });
  });

  it('puts off the other jobs of a client that fails, and not those of others', async () => {
    kind.answer = ({ clientId }) =>
      clientId === 'dead' ? { outcome: 'retry', reason: 'timeout' } : { outcome: 'done' };
    await enqueue(
      Array.from({ length: 30 }, (_, index) => `d${index}`),
      { clientId: 'dead' },
    );
    await enqueue(['live'], { clientId: 'live' });
    await runner.sendDue();
    const attempts = kind.sent.filter(({ clientId }) => clientId === 'dead').length;
    assert.ok(attempts <= 16, String(attempts));
    assert.ok(kind.ended.includes('live done'));
    assert.equal((await jobs()).length, 30);
  });

  it('of two processes, one sends; the other one takes over when the claim has expired', async () => {
    const { promise, resolve } = Promise.withResolvers<JobOutcome>();
    kind.answer = () => promise;
    await enqueue(['a']);
    while (kind.running === 0) await new Promise(setImmediate);
    const other = new TestKind();
    const second = start([other]);
    clock.advance(29);
    await second.sendDue();
    assert.equal(other.sent.length, 0);
    clock.advance(1);
    await second.sendDue();
    assert.deepEqual(other.ended, ['a done']);
    resolve({ outcome: 'done' });
    await runner.sendDue();
    await second.stop();
    // The first one has lost its claim, and reports nothing.
    assert.deepEqual([kind.ended, counted], [[], ['test sent']]);
  });

  it('finishes what is under way when it stops, and takes nothing new', async () => {
    const { promise, resolve } = Promise.withResolvers<JobOutcome>();
    kind.answer = () => promise;
    await enqueue(['a']);
    while (kind.running === 0) await new Promise(setImmediate);
    const stopped = runner.stop();
    await enqueue(['b']);
    resolve({ outcome: 'done' });
    await stopped;
    assert.deepEqual(
      (await jobs()).map(({ id }) => id),
      ['b'],
    );
    assert.deepEqual(kind.ended, ['a done']);
  });

  it('has figures of the outbox, and removes failed jobs after a week', async () => {
    await runner.stop();
    const figures = startQueueFigures({ jobs: store.jobs, clock: clock.milliseconds, log: silent });
    const read = () => Object.values(figures.gauges).map((gauge) => gauge.read());
    assert.deepEqual(read(), [{}, {}, 0]);
    await enqueue(['a', 'b']);
    const [claimed] = await store.jobs.claim({ limit: 1, until: clock.now + 1 });
    assert.ok(claimed);
    await store.jobs.settle(claimed, { outcome: 'failed', reason: 'r' });
    clock.advance(30);
    await figures.refresh();
    assert.deepEqual(read(), [{ test: 1 }, { test: 1 }, 30]);
    clock.advance(7 * 86_400);
    await figures.refresh();
    assert.deepEqual(
      (await jobs()).map(({ state }) => state),
      ['waiting'],
    );
    figures.stop();
  });
});
