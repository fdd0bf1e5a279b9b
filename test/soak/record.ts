import type { SoakOptions } from './options.ts';
import type { StoreSize } from './subject.ts';

/** The record of a run: samples, counts and the verdict. */

export interface Sample {
  /** Seconds since the load began. */
  at: number;
  residentMegabytes: number;
  heapMegabytes: number;
  descriptors: number;
  /** Since the sample before, in milliseconds. */
  eventLoopP99: number;
  /** Answered a second, since the sample before. */
  requests: number;
  store: StoreSize;
}

export interface SoakRecord {
  date: string;
  options: SoakOptions;
  /** Seconds that the verdict leaves out. */
  warmUp: number;
  samples: readonly Sample[];
  requests: number;
  /** Status code → how often; `error` for broken connections. */
  answers: Readonly<Record<string, number>>;
  /** Over the run without its warm-up, in milliseconds. */
  eventLoop: { p50: number; p99: number; highest: number };
  /** Load average of the last minute, and processors: a busy machine delays every event loop. */
  machine: { loadAverage: number; processors: number };
  /** Exit code or signal when the server ended by itself. */
  ended: string | undefined;
  verdict: readonly Finding[];
}

export interface Finding {
  what: string;
  seen: string;
  holds: boolean;
}

/** The conditions of case I15. */
export function judge(record: Omit<SoakRecord, 'verdict'>): Finding[] {
  const steady = record.samples.filter(({ at }) => at >= record.warmUp);
  const memory = slopePerMinute(steady, ({ residentMegabytes }) => residentMegabytes);
  // The number of open connections varies with the load; a leak shows in the maximum.
  const most = (samples: readonly Sample[]): number =>
    Math.max(...samples.map((sample) => sample.descriptors));
  const middle = record.samples.length / 2;
  const descriptors = most(record.samples.slice(middle)) - most(record.samples.slice(0, middle));
  const store = slopePerMinute(steady, (sample) => sample.store.bytes / 1e6);
  const overdue = Math.max(...record.samples.map((sample) => sample.store.overdue));
  const failed = Object.entries(record.answers).reduce(
    (sum, [status, count]) => sum + (isFailure(status) ? count : 0),
    0,
  );
  return [
    { what: '0 crashes', seen: record.ended ?? 'none', holds: record.ended === undefined },
    { what: '0 answers 5xx, 0 broken connections', seen: `${failed}`, holds: failed === 0 },
    { what: 'memory grows < 1 MB a minute', seen: `${memory.toFixed(2)} MB a minute`, holds: memory < 1 },
    {
      what: 'descriptors grow by 5 at most',
      seen: `${descriptors} from half to half`,
      holds: descriptors <= 5,
    },
    {
      what: 'event loop delay p99 < 50 ms',
      seen: `${record.eventLoop.p99.toFixed(1)} ms`,
      holds: record.eventLoop.p99 < 50,
    },
    { what: 'store grows < 1 MB a minute', seen: `${store.toFixed(2)} MB a minute`, holds: store < 1 },
    { what: 'expired records are gone', seen: `${overdue} overdue at most`, holds: overdue === 0 },
  ];
}

const isFailure = (status: string): boolean => status === 'error' || status.startsWith('5');

/** Least squares over time; NaN for fewer than two samples. */
function slopePerMinute(samples: readonly Sample[], read: (sample: Sample) => number): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [minutes, values] = [samples.map(({ at }) => at / 60), samples.map(read)];
  const [middle, level] = [mean(minutes), mean(values)];
  const along = minutes.map((minute) => minute - middle);
  const rise = along.reduce((sum, x, index) => sum + x * ((values[index] ?? 0) - level), 0);
  return rise / along.reduce((sum, x) => sum + x * x, 0);
}
