import assert from 'node:assert/strict';
import { mergeMetrics } from '../../src/workers/worker-metrics.ts';

describe('Metrics of several workers', () => {
  it('stand together by metric, each sample with its worker', () => {
    const text = (count: number): string =>
      [
        '# HELP tokens_total Token responses.',
        '# TYPE tokens_total counter',
        `tokens_total{grant_type="a{b} c"} ${count}`,
        '',
        '# HELP memory_bytes Memory.',
        '# TYPE memory_bytes gauge',
        `memory_bytes ${count * 2}`,
        '',
      ].join('\n');
    assert.equal(
      mergeMetrics([
        { worker: 1, text: text(10) },
        { worker: 2, text: text(20) },
      ]),
      [
        '# HELP tokens_total Token responses.',
        '# TYPE tokens_total counter',
        'tokens_total{worker="1",grant_type="a{b} c"} 10',
        'tokens_total{worker="2",grant_type="a{b} c"} 20',
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

  it('keep a metric that only one worker has', () => {
    const text = '# HELP a A.\n# TYPE a gauge\na 1\n';
    assert.match(
      mergeMetrics([
        { worker: 1, text: '' },
        { worker: 2, text },
      ]),
      /^a\{worker="2"\} 1$/m,
    );
  });
});
