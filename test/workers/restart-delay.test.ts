import assert from 'node:assert/strict';
import { restartDelay } from '../../src/workers/worker-pool.ts';

describe('The delay before a crashed worker is started again', () => {
  it('is none after the first crash', () => {
    assert.equal(restartDelay(1), 0);
  });

  it('doubles with each further crash, up to half a minute', () => {
    assert.deepEqual([2, 3, 4, 9].map(restartDelay), [250, 500, 1000, 30_000]);
    assert.equal(restartDelay(1000), 30_000);
  });
});
