/** What `/metrics` says about several workers. */

/** A line of a sample: name, and labels if it has any. https://prometheus.io/docs/instrumenting/exposition_formats */
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{)?/;

/**
 * Gives every sample a label with the number of its worker, and puts those of one metric together. They are not summed: a counter of a
 * worker begins at 0 again when the worker is replaced, which Prometheus' `rate` takes into account for a series and cannot for a sum.
 * @param texts in the text format, each metric a block that ends with an empty line
 */
export function mergeMetrics(texts: readonly { worker: number; text: string }[]): string {
  const metrics = new Map<string, { head: string[]; samples: string[] }>();
  for (const { worker, text } of texts) {
    for (const block of text.split(/\n{2,}/)) {
      const lines = block.split('\n').filter((line) => line !== '');
      const head = lines.filter((line) => line.startsWith('#'));
      const samples = lines.filter((line) => !line.startsWith('#')).map((line) => label(line, worker));
      const key = head.join('\n');
      const known = metrics.get(key);
      if (known === undefined) metrics.set(key, { head, samples });
      else known.samples.push(...samples);
    }
  }
  return [...metrics.values()].map(({ head, samples }) => [...head, ...samples, '', ''].join('\n')).join('');
}

function label(line: string, worker: number): string {
  return line.replace(SAMPLE, (_, name: string, brace?: string) =>
    brace === undefined ? `${name}{worker="${worker}"}` : `${name}{worker="${worker}",`,
  );
}

/** @param places workers that shall serve */
export function poolMetrics(places: number, serving: number, starts: number): string {
  const lines = [
    '# HELP signet_workers Worker processes that shall serve.',
    '# TYPE signet_workers gauge',
    `signet_workers ${places}`,
    '',
    '# HELP signet_workers_serving Worker processes that serve.',
    '# TYPE signet_workers_serving gauge',
    `signet_workers_serving ${serving}`,
    '',
    '# HELP signet_worker_starts_total Worker processes started, for whatever reason.',
    '# TYPE signet_worker_starts_total counter',
    `signet_worker_starts_total ${starts}`,
  ];
  return `${lines.join('\n')}\n`;
}
