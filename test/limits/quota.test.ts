import assert from 'node:assert/strict';
import { Quota } from '../../src/limits/quota.ts';
import { MemoryQuotas } from '../../src/store/sqlite/memory-quotas.ts';
import { TestClock } from '../store/store-test.ts';

describe('A quota', () => {
  let clock: TestClock;
  let requests: number;
  let counts: MemoryQuotas;

  beforeEach(() => {
    clock = new TestClock();
    requests = 0;
    const memory = new MemoryQuotas(() => clock.now);
    counts = Object.assign(Object.create(memory) as MemoryQuotas, {
      add(additions: Parameters<MemoryQuotas['add']>[0]) {
        requests += 1;
        return memory.add(additions);
      },
    });
  });

  const open = (limit: number) => new Quota({ name: 'test', limit, counts, clock: clock.milliseconds });

  it('allows the limit per minute, then tells how long to wait', async () => {
    const quota = open(2);
    assert.deepEqual([await quota.spend('a'), await quota.spend('a')], [undefined, undefined]);
    clock.advance(20);
    assert.equal(await quota.spend('a'), 40);
    assert.equal(await quota.spend('b'), undefined);
    clock.advance(40);
    assert.equal(await quota.spend('a'), undefined);
  });

  it('sends no request to the store for a blocked key', async () => {
    const quota = open(1);
    await quota.spend('a');
    await quota.spend('a');
    for (let index = 0; index < 10; index += 1) assert.equal(await quota.spend('a'), 60);
    assert.equal(requests, 2);
    assert.equal(quota.hasBlocks, true);
    clock.advance(60);
    assert.equal(quota.retryAfter('a'), undefined);
    assert.equal(quota.hasBlocks, false);
  });

  it('keeps a bounded number of blocks and of counters', async () => {
    const quota = open(1);
    const block = async (key: string) => [await quota.spend(key), await quota.spend(key)];
    await block('first');
    for (let index = 0; index < 10_000; index += 1) await block(`network ${index}`);
    assert.equal(quota.retryAfter('first'), undefined);
    assert.equal(quota.retryAfter('network 9999'), 60);
    for (let index = 0; index < 100_000; index += 1) await counts.add([{ key: `${index}`, lifetime: 60 }]);
    assert.equal((await counts.add([{ key: 'test first', lifetime: 60 }]))[0]?.count, 1);
  });
});
