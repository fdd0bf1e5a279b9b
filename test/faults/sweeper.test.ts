import assert from 'node:assert/strict';
import { type Clock, install } from '@sinonjs/fake-timers';
import { pino } from 'pino';
import type { Store } from '../../src/store/store.ts';
import { startSweeper } from '../../src/app/sweeper.ts';

const HOUR = 3_600_000;
const ROUND = 15_000;

describe('startSweeper', () => {
  let time: Clock;
  let rounds: number;
  let sweeper: { stop: () => void };

  beforeEach(() => {
    time = install({ toFake: ['Date', 'performance', 'setInterval', 'clearInterval'] });
    rounds = 0;
    const store = {
      sweep: async () => {
        rounds += 1;
        return 0;
      },
      audit: { prune: async () => 0 },
    } as unknown as Store;
    const audit = { retention: 90, maximumEvents: 1000 };
    const log = pino({ level: 'silent' });
    sweeper = startSweeper({ store, log, clock: () => Date.now(), audit });
  });
  afterEach(() => {
    sweeper.stop();
    time.uninstall();
  });

  async function roundsIn(milliseconds: number): Promise<number> {
    const before = rounds;
    await time.tickAsync(milliseconds);
    return rounds - before;
  }

  /** Sets the clock, while no time passes. */
  const setClock = (milliseconds: number): void => time.setSystemTime(Date.now() + milliseconds);

  it('sweeps every 15 seconds', async () => {
    assert.equal(await roundsIn(10 * ROUND), 10);
  });

  it('R09 removes nothing for an hour after the clock was set forward by an hour', async () => {
    setClock(HOUR);
    assert.equal(await roundsIn(HOUR), 0);
    assert.equal(await roundsIn(2 * ROUND), 2);
  });

  it('R09 does not shorten the pause when the clock is set forward again, by less', async () => {
    setClock(HOUR);
    assert.equal(await roundsIn(ROUND), 0);
    setClock(2 * 60_000);
    assert.equal(await roundsIn(HOUR - ROUND), 0);
  });

  it('R09 continues when the clock was set back, or forward by a few seconds', async () => {
    setClock(-HOUR);
    assert.equal(await roundsIn(4 * ROUND), 4);
    setClock(30_000);
    assert.equal(await roundsIn(4 * ROUND), 4);
  });
});
