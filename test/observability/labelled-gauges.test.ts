import assert from 'node:assert/strict';
import { createMetrics } from '../../src/observability/metrics.ts';

describe('A gauge with a label', () => {
  it('has a value for each value of the label, and 0 for those that have gone', async () => {
    let values: Record<string, number> = { mail: 2 };
    const metrics = createMetrics({
      things_waiting: { help: 'Things.', label: 'kind', read: () => values },
    });
    const lines = async () =>
      (await metrics.expose()).split('\n').filter((line) => line.startsWith('signet_things_waiting'));
    assert.deepEqual(await lines(), ['signet_things_waiting{kind="mail"} 2']);
    values = { hook: 1 };
    assert.deepEqual(await lines(), [
      'signet_things_waiting{kind="mail"} 0',
      'signet_things_waiting{kind="hook"} 1',
    ]);
  });
});
