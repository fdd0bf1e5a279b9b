import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { countScenarios } from '../../bench/scenarios/store-counts.ts';
import { isWithin, type StoreCountsRow } from '../../bench/report/store-counts.ts';
import { itLong } from '../support/long-form.ts';
import { needRedis } from '../support/redis-server.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';

/** Enough for one that nothing in the background disturbs. */
const OPERATIONS = 20;

describe('The bench counts what an operation costs in the store', function () {
  this.timeout(60_000);
  const path = temporaryDirectory();
  const makeDirectory = (name: string): string => {
    const directory = path(name);
    mkdirSync(directory);
    return directory;
  };

  /** `scenario: reads, transactions, round trips, durable waits`. */
  function counted(rows: readonly StoreCountsRow[]): Record<string, number[]> {
    return Object.fromEntries(
      rows.map(({ scenario, each: { reads, transactions, roundTrips, durableWaits } }) => [
        scenario,
        [reads, transactions, roundTrips, durableWaits],
      ]),
    );
  }

  it('on SQLite', async () => {
    const { rows } = await countScenarios({ makeDirectory, core: undefined }, 'SQLite', OPERATIONS);
    assert.deepEqual(counted(rows), {
      'client credentials (JWT)': [0, 0, 0, 0],
      'code flow with an existing session': [7, 2, 0, 1],
      refresh: [3, 1, 0, 1],
      introspection: [4, 0, 0, 0],
    });
    const dearer = rows.filter(({ each, goal }) => goal !== undefined && !isWithin(each, goal));
    assert.deepEqual(dearer, []);
  });

  // In the short form, SQLite has what each scenario does, and test/store/counts.slow.test.ts what that costs on Redis.
  itLong('on Redis', async function () {
    await needRedis(this);
    const { rows } = await countScenarios({ makeDirectory, core: undefined }, 'Redis', OPERATIONS);
    assert.deepEqual(counted(rows), {
      'client credentials (JWT)': [0, 0, 0, 0],
      'code flow with an existing session': [23, 8, 20, 3],
      refresh: [11, 5, 8, 3],
      introspection: [10, 0, 5, 0],
    });
  });
});
