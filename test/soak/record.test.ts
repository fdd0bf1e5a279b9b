import assert from 'node:assert/strict';
import { drawSoak } from './chart.ts';
import { judge, type Sample, type SoakRecord } from './record.ts';

const flat = (at: number): Sample => ({
  at,
  residentMegabytes: 200,
  heapMegabytes: 80,
  descriptors: 40,
  eventLoopP99: 12,
  requests: 500,
  store: { bytes: 9e6, records: 5000, overdue: 0 },
});

/** Ten minutes. @param sample what is there at a time, in seconds */
function record(
  sample: (at: number) => Sample,
  other: Partial<SoakRecord> = {},
): Omit<SoakRecord, 'verdict'> {
  return {
    date: '2030-01-01T00:00:00Z',
    options: { minutes: 10, store: 'sqlite', rate: 500, help: false },
    warmUp: 180,
    samples: Array.from({ length: 120 }, (_, index) => sample(5 * (index + 1))),
    requests: 300_000,
    answers: { 200: 200_000, 400: 100_000 },
    eventLoop: { p50: 10, p99: 14, highest: 60 },
    machine: { loadAverage: 1, processors: 2 },
    ended: undefined,
    ...other,
  };
}

const broken = (of: Omit<SoakRecord, 'verdict'>): string[] =>
  judge(of)
    .filter(({ holds }) => !holds)
    .map(({ what }) => what.split(' ').slice(0, 2).join(' '));

describe('The verdict of a soak (I15)', () => {
  it('is good when nothing grows after the warm-up', () => {
    assert.deepEqual(
      broken(record((at) => ({ ...flat(at), residentMegabytes: Math.min(200, 50 + at) }))),
      [],
    );
  });

  const bad: Record<string, Omit<SoakRecord, 'verdict'>> = {
    'memory grows': record((at) => ({ ...flat(at), residentMegabytes: 200 + (1.1 * at) / 60 })),
    'descriptors grow': record((at) => ({ ...flat(at), descriptors: 40 + Math.floor(at / 30) })),
    'store grows': record((at) => ({ ...flat(at), store: { ...flat(at).store, bytes: 9e6 + at * 20_000 } })),
    'expired records': record((at) => ({
      ...flat(at),
      store: { ...flat(at).store, overdue: at === 300 ? 1 : 0 },
    })),
    'event loop': record(flat, { eventLoop: { p50: 10, p99: 51, highest: 60 } }),
    '0 crashes': record(flat, { ended: 'SIGSEGV' }),
    '0 answers': record(flat, { answers: { 200: 1, 503: 1 } }),
  };
  for (const [what, of] of Object.entries(bad)) {
    it(`is bad for one thing: ${what}`, () => assert.deepEqual(broken(of), [what]));
  }

  it('is drawn with a line for each figure', () => {
    const measured = record(flat);
    const picture = drawSoak({ ...measured, verdict: judge(measured) });
    assert.equal([...picture.matchAll(/<polyline/g)].length, 7);
    assert.doesNotMatch(picture, /NaN|undefined/);
  });
});
