/** `/metrics` of several workers: their expositions in one, and the metrics of the pool. */

/**
 * Groups the samples of each metric under one HELP and TYPE. Samples are not summed: each has the label `worker`. A counter restarts at 0
 * when its worker is replaced; Prometheus' `rate` corrects that for a single series, not for a sum.
 * @param texts in the text format, where an empty line ends each metric: https://prometheus.io/docs/instrumenting/exposition_formats
 */
export function mergeMetrics(texts: readonly string[]): string {
  const samples = new Map<string, string[]>();
  for (const block of texts.flatMap((text) => text.split(/\n{2,}/))) {
    const lines = block.split('\n').filter((line) => line !== '');
    const head = lines.filter((line) => line.startsWith('#')).join('\n');
    samples.set(head, [...(samples.get(head) ?? []), ...lines.filter((line) => !line.startsWith('#'))]);
  }
  return [...samples].map(([head, lines]) => `${[head, ...lines].join('\n')}\n\n`).join('');
}

/** @param size workers configured, or added and removed by signals */
export function poolMetrics(size: number, serving: number, starts: number): string {
  return [
    '# HELP signet_workers Worker processes that shall serve.',
    '# TYPE signet_workers gauge',
    `signet_workers ${size}`,
    '',
    '# HELP signet_workers_serving Worker processes that serve.',
    '# TYPE signet_workers_serving gauge',
    `signet_workers_serving ${serving}`,
    '',
    '# HELP signet_worker_starts_total Worker processes started, for any reason.',
    '# TYPE signet_worker_starts_total counter',
    `signet_worker_starts_total ${starts}`,
    '',
  ].join('\n');
}
