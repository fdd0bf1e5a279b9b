import assert from 'node:assert/strict';
import { judge } from '../../bench/report/goal.ts';
import { coreCautions, makeRow } from '../../bench/report/row.ts';
import { summarize } from '../../bench/report/statistics.ts';
import { isWithin } from '../../bench/report/store-counts.ts';
import { clientCredentials } from '../../bench/scenarios/throughput.ts';

/** Client credentials with these figures, one round. */
function clientCredentialsRow({ byCpu, share, core = 1 }: { byCpu: number; share: number; core?: number }) {
  const facts = { scenario: clientCredentials.name, unit: '1/s', better: 'more' } as const;
  const plain = summarize([0.5]);
  return makeRow(
    facts,
    { signet: [2000], plain: [2000] },
    {
      goals: clientCredentials.goals,
      cpuRatio: summarize([byCpu]),
      ceilingShare: {
        signaturesCounted: 1,
        signet: summarize([share]),
        plain,
        byCpu: { signet: summarize([share / core]), plain },
      },
      cpu: { generator: summarize([0.5]), signet: summarize([core]), plain: summarize([1]) },
    },
  );
}

describe('The goals of the bench', () => {
  it('judge a row by processor time and by its share of the ceiling', () => {
    assert.deepEqual(judge(clientCredentialsRow({ byCpu: 1.35, share: 0.66 })), [
      { limit: 'by CPU ≥ 1.35', reached: true },
      { limit: 'ceiling ≥ 67 %', reached: false },
    ]);
    assert.deepEqual(judge(clientCredentialsRow({ byCpu: 1.34, share: 0.67 })), [
      { limit: 'by CPU ≥ 1.35', reached: false },
      { limit: 'ceiling ≥ 67 %', reached: true },
    ]);
  });

  it('judge the median, not the best round', () => {
    const facts = { scenario: 'memory', unit: 'MiB', better: 'less' } as const;
    const measured = { signet: [100, 120, 120], plain: [100, 100, 100] };
    const row = makeRow(facts, measured, { goals: [{ of: 'ratio', atMost: 1.1 }] });
    assert.deepEqual(judge(row), [{ limit: 'ratio ≤ 1.1', reached: false }]);
  });

  it('name a figure that was not measured', () => {
    const facts = { scenario: 'memory', unit: 'MiB', better: 'less' } as const;
    const row = makeRow(facts, { signet: [1], plain: [1] }, { goals: [{ of: 'cpuRatio', atLeast: 1 }] });
    assert.throws(() => judge(row), /^RangeError: memory: a goal for cpuRatio, which was not measured$/);
  });

  it('are upper bounds for each count of the store', () => {
    const goal = { reads: 7, transactions: 2, durableWaits: 1 };
    assert.equal(isWithin({ reads: 7, transactions: 2, roundTrips: 99, durableWaits: 1 }, goal), true);
    assert.equal(isWithin({ reads: 8, transactions: 2, roundTrips: 0, durableWaits: 1 }, goal), false);
    assert.equal(isWithin({ reads: 7, transactions: 3, roundTrips: 0, durableWaits: 1 }, goal), false);
    assert.equal(isWithin({ reads: 7, transactions: 2, roundTrips: 0, durableWaits: 2 }, goal), false);
  });

  it('come with a caution when the server had a part of its core', () => {
    assert.deepEqual(coreCautions([clientCredentialsRow({ byCpu: 1.4, share: 0.6, core: 0.8 })]), [
      'client credentials (JWT): Signet used 80 % of its core. By CPU its share of the ceiling is 75 %.',
    ]);
    assert.deepEqual(coreCautions([clientCredentialsRow({ byCpu: 1.4, share: 0.6, core: 0.97 })]), []);
  });
});
