import assert from 'node:assert/strict';
import {
  type ClientSecretThrottle,
  createClientSecretThrottle,
} from '../../src/limits/client-secret-throttle.ts';
import { MemoryQuotas } from '../../src/store/sqlite/memory-quotas.ts';
import { TestClock } from '../store/store-test.ts';
import { heapUsed, idsInLongRequests } from '../support/heap.ts';

describe('The client secret throttle', () => {
  let counts: MemoryQuotas;
  let throttle: ClientSecretThrottle;

  beforeEach(() => {
    const clock = new TestClock();
    counts = new MemoryQuotas(() => clock.now);
    throttle = createClientSecretThrottle({ limit: 2, counts, clock: clock.milliseconds });
  });

  it('blocks one client in one network', async () => {
    for (let index = 0; index < 3; index += 1) throttle.recordFailure('app', '2001:db8::1');
    await Promise.resolve();
    assert.equal(throttle.retryAfter('app', '2001:db8::2'), 60);
    assert.equal(throttle.retryAfter('other', '2001:db8::1'), undefined);
    assert.equal(throttle.retryAfter('app', '192.0.2.1'), undefined);
  });

  it('does not keep requests in memory whose client ids it counted', async () => {
    let counted = 0;
    const add = counts.add.bind(counts);
    counts.add = (additions) => {
      counted += 1;
      return add(additions);
    };
    const before = heapUsed();
    for (const id of idsInLongRequests(1000)) throttle.recordFailure(id, '192.0.2.1');
    await Promise.resolve();
    assert.ok(heapUsed() - before < 25, 'MiB, of 50 that were sent');
    assert.equal(counted, 1000);
  });
});
