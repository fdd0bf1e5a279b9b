import assert from 'node:assert/strict';
import { type Clock, install } from '@sinonjs/fake-timers';
import { pino } from 'pino';
import { startAccountIndexing } from '../../src/app/account-indexing.ts';

const ROUND = 60_000;

describe('startAccountIndexing', () => {
  let time: Clock;
  let indexing: { stop: () => void };
  let answers: (number | Error)[];
  let calls: number;

  beforeEach(() => {
    time = install();
    answers = [];
    calls = 0;
    const completeIndex = async (limit: number): Promise<number> => {
      assert.equal(limit, 250);
      calls += 1;
      const answer = answers.shift() ?? 0;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    indexing = startAccountIndexing({ accounts: { completeIndex }, log: pino({ level: 'silent' }) });
  });
  afterEach(() => {
    indexing.stop();
    time.uninstall();
  });

  async function callsIn(milliseconds: number): Promise<number> {
    const before = calls;
    await time.tickAsync(milliseconds);
    return calls - before;
  }

  it('asks once a minute when there is nothing to do', async () => {
    assert.equal(await callsIn(10 * ROUND), 10);
  });

  it('goes from batch to batch with pauses', async () => {
    answers = [250, 250, 250, 249];
    assert.equal(await callsIn(ROUND), 1);
    assert.equal(await callsIn(49), 0);
    assert.equal(await callsIn(101), 3);
    assert.equal(await callsIn(ROUND - 151), 0);
    assert.equal(await callsIn(1), 1);
  });

  it('does not begin a round during another one', async () => {
    answers = Array.from({ length: 3000 }, () => 250);
    await callsIn(ROUND);
    assert.equal(await callsIn(2 * ROUND), 2400);
  });

  it('tries again after a failure', async () => {
    answers = [new Error('unreachable'), 250, 0];
    assert.equal(await callsIn(ROUND), 1);
    assert.equal(await callsIn(ROUND + 50), 2);
  });

  it('ends with the server', async () => {
    answers = [250, 250, 250];
    await callsIn(ROUND);
    indexing.stop();
    assert.equal(await callsIn(10 * ROUND), 0);
  });
});
