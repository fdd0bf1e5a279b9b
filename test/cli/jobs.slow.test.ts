import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { Workplace } from './run-signet.ts';

const NOW = Math.floor(Date.now() / 1000);

describe('signet jobs', function () {
  this.timeout(60_000);
  let workplace: Workplace;
  let store: Store;
  let accountId: string;
  before(async () => {
    workplace = new Workplace({ ownProcess: false });
    await workplace.run(['user', 'add', 'alice', '--no-password']);
    const address = `sqlite:${join(workplace.directory, 'data/signet.db')}`;
    store = await openStore(address, { clock: () => NOW * 1000 });
    accountId = (await store.accounts.findByUsername('alice'))?.id ?? '';
    await store.jobs.enqueue([
      { id: 'aaaa', kind: 'backchannel_logout', accountId, clientId: 'shop', sealed: 'sealed text' },
    ]);
    const [job] = await store.jobs.claim({ limit: 1, until: NOW + 30 });
    if (job) await store.jobs.settle(job, { outcome: 'failed', reason: 'status 400' });
    await store.jobs.enqueue([{ id: 'bbbb', kind: 'mail', sealed: 'sealed text' }]);
  });
  after(async () => {
    await store.close();
    workplace.remove();
  });

  it('list shows jobs without what they contain, retry and cancel change them and leave events', async () => {
    const time = new Date(NOW * 1000).toISOString().replace('.000Z', 'Z');
    const listed = await workplace.json('jobs', 'list', '--user', 'alice', '--state', 'failed');
    assert.deepEqual(listed, [
      {
        job: 'aaaa',
        kind: 'backchannel_logout',
        state: 'failed',
        createdAt: time,
        failedAt: time,
        attempts: 1,
        clientId: 'shop',
        accountId,
        reason: 'status 400',
      },
    ]);
    const { stdout } = await workplace.run(['jobs', 'list']);
    const [headings = '', ...rows] = stdout.trimEnd().split('\n');
    assert.equal(headings.replaceAll(/ +/g, ' '), 'JOB KIND STATE CREATED NEXT ATTEMPTS CLIENT REASON');
    assert.equal(
      rows[0]?.replaceAll(/ +/g, ' '),
      `aaaa backchannel_logout failed ${time} ${time} 1 shop status 400`,
    );
    assert.equal(rows.length, 2);
    assert.ok(!stdout.includes('sealed'));

    await workplace.run(['jobs', 'retry', 'aaaa']);
    await workplace.run(['jobs', 'cancel', 'bbbb']);
    await workplace.refuses(['jobs', 'cancel', 'bbbb'], 1, /there is no job bbbb/);
    const { jobs } = await store.jobs.list({}, { limit: 5 });
    assert.deepEqual(
      jobs.map(({ id, state, attempts }) => [id, state, attempts]),
      [['aaaa', 'waiting', 0]],
    );
    const events = await store.audit.list({ type: ['job.retried', 'job.cancelled'], limit: 5 });
    assert.deepEqual(
      events.map(({ type, actor, target }) => [type, actor?.kind, target]),
      [
        ['job.cancelled', 'operator', { kind: 'job', id: 'bbbb' }],
        ['job.retried', 'operator', { kind: 'job', id: 'aaaa' }],
      ],
    );
  });
});
