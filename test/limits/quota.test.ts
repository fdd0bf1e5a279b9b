import assert from 'node:assert/strict';
import { Quota } from '../../src/limits/quota.ts';
import { countWrongSecrets } from '../../src/limits/wrong-secrets.ts';
import { MemoryQuotas } from '../../src/store/sqlite/memory-quotas.ts';
import { TestClock } from '../store/store-test.ts';
import { heapUsed, idsInLongRequests } from '../support/heap.ts';

describe('A quota', () => {
  let clock: TestClock;
  let asked: number;
  let counts: MemoryQuotas;

  beforeEach(() => {
    clock = new TestClock();
    asked = 0;
    const memory = new MemoryQuotas(() => clock.now);
    counts = Object.assign(Object.create(memory) as MemoryQuotas, {
      add(additions: Parameters<MemoryQuotas['add']>[0]) {
        asked += 1;
        return memory.add(additions);
      },
    });
  });

  const open = (limit: number) => new Quota({ name: 'test', limit, counts, clock: clock.milliseconds });

  it('lets so many pass in a minute, and says how long the next has to wait', async () => {
    const quota = open(2);
    assert.deepEqual([await quota.spend('a'), await quota.spend('a')], [undefined, undefined]);
    clock.advance(20);
    assert.equal(await quota.spend('a'), 40);
    assert.equal(await quota.spend('b'), undefined);
    clock.advance(40);
    assert.equal(await quota.spend('a'), undefined);
  });

  it('asks the store no more for whoever is refused', async () => {
    const quota = open(1);
    await quota.spend('a');
    await quota.spend('a');
    for (let index = 0; index < 10; index += 1) assert.equal(await quota.spend('a'), 60);
    assert.equal(asked, 2);
    assert.equal(quota.isQuiet, false);
    clock.advance(60);
    assert.equal(quota.refusedFor('a'), undefined);
    assert.equal(quota.isQuiet, true);
  });

  it('remembers a bounded number of those refused, and of those counted', async () => {
    const quota = open(1);
    const first = async (name: string) => [await quota.spend(name), await quota.spend(name)];
    await first('first');
    for (let index = 0; index < 10_000; index += 1) await first(`network ${index}`);
    assert.equal(quota.refusedFor('first'), undefined);
    assert.equal(quota.refusedFor('network 9999'), 60);
    for (let index = 0; index < 100_000; index += 1) await counts.add([{ key: `${index}`, lifetime: 60 }]);
    assert.equal((await counts.add([{ key: 'test first', lifetime: 60 }]))[0]?.count, 1);
  });

  it('of wrong secrets is of one client in one network', async () => {
    const wrong = countWrongSecrets({ limit: 2, counts, clock: clock.milliseconds });
    for (let index = 0; index < 3; index += 1) wrong.count('app', '2001:db8::1');
    await Promise.resolve();
    assert.equal(wrong.refusedFor('app', '2001:db8::2'), 60);
    assert.equal(wrong.refusedFor('other', '2001:db8::1'), undefined);
    assert.equal(wrong.refusedFor('app', '192.0.2.1'), undefined);
  });

  it('of wrong secrets holds no memory for the long requests that they came in', async () => {
    const wrong = countWrongSecrets({ limit: 2, counts, clock: clock.milliseconds });
    const before = heapUsed();
    for (const id of idsInLongRequests(1000)) wrong.count(id, '192.0.2.1');
    await Promise.resolve();
    assert.ok(heapUsed() - before < 25, 'MiB, of 50 that were sent');
    assert.equal(asked, 1000);
  });
});
