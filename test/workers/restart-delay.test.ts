import assert from 'node:assert/strict';
import { restartDelay } from '../../src/workers/worker-pool.ts';

describe('The delay before the restart of a crashed worker', () => {
  it('is 0 after the first crash', () => {
    assert.equal(restartDelay(1), 0);
  });

  it('doubles with each further crash, up to 30 seconds', () => {
    assert.deepEqual([2, 3, 4, 9].map(restartDelay), [250, 500, 1000, 30_000]);
    assert.equal(restartDelay(1000), 30_000);
  });
});
