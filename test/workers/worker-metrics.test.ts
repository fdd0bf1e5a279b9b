import assert from 'node:assert/strict';
import { createMetrics } from '../../src/observability/metrics.ts';
import { mergeMetrics } from '../../src/workers/worker-metrics.ts';

describe('Metrics of several workers', () => {
  it('are grouped by metric', () => {
    const text = (worker: number): string =>
      [
        '# HELP tokens_total Token responses.',
        '# TYPE tokens_total counter',
        `tokens_total{grant_type="a{b} c",worker="${worker}"} ${worker * 10}`,
        '',
        '# HELP memory_bytes Memory.',
        '# TYPE memory_bytes gauge',
        `memory_bytes{worker="${worker}"} ${worker * 20}`,
        '',
      ].join('\n');
    assert.equal(
      mergeMetrics([text(1), text(2)]),
      [
        '# HELP tokens_total Token responses.',
        '# TYPE tokens_total counter',
        'tokens_total{grant_type="a{b} c",worker="1"} 10',
        'tokens_total{grant_type="a{b} c",worker="2"} 20',
        '',
        '# HELP memory_bytes Memory.',
        '# TYPE memory_bytes gauge',
        'memory_bytes{worker="1"} 20',
        'memory_bytes{worker="2"} 40',
        '',
        '',
      ].join('\n'),
    );
  });

  it('include a metric that only one worker has', () => {
    const text = '# HELP a A.\n# TYPE a gauge\na{worker="2"} 1\n';
    assert.equal(mergeMetrics(['', text]).trim(), text.trim());
  });

  it('have the number of the worker in every sample', async () => {
    const metrics = createMetrics({ things: { help: 'Things.', read: () => 3 } }, 2);
    metrics.tokenIssued('client_credentials');
    metrics.request('token', 'POST', 200, 0.002);
    const text = await metrics.expose();
    assert.match(text, /^signet_tokens_issued_total\{grant_type="client_credentials",worker="2"\} 1$/m);
    assert.match(text, /^signet_things\{worker="2"\} 3$/m);
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    assert.deepEqual(
      samples.filter((line) => !line.includes('worker="2"')),
      [],
    );
  });
});
