import assert from 'node:assert/strict';
import { Pauses } from '../../src/jobs/pauses.ts';

describe('Pauses of clients whose jobs fail', () => {
  it('end after three seconds, and are not made longer', () => {
    const pauses = new Pauses();
    pauses.begin('a', 100);
    pauses.begin('a', 102);
    assert.deepEqual(
      [99, 102, 103].map((now) => pauses.isPaused('a', now)),
      [true, true, false],
    );
    pauses.begin('a', 103);
    assert.equal(pauses.isPaused('a', 105), true);
  });

  it('are forgotten when they have ended, also of clients without another job', () => {
    const pauses = new Pauses();
    for (let client = 0; client < 1000; client++) pauses.begin(`client ${client}`, 100 + client);
    assert.equal(pauses.size, 3);
  });
});
