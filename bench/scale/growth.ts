import type { Bench } from '../bench.ts';
import { makeScaleRow, type ScaleRow, type ScaleSection } from '../report/scale.ts';
import { startOnce } from '../scenarios/start-once.ts';
import { type Instances, MEBIBYTE, newInstance } from './instance.ts';
import { measureLatencies } from './latencies.ts';
import { describe, type Population } from './population.ts';
import { noScaleMeasurements, SIDES, scaleOrder } from './sides.ts';

/**
 * How the size of the store affects a server. Both sides have the same number of active clients and people, spread over the whole
 * store, so that only the size differs.
 */

/** Only a deeper index may make the start slower. */
const START_GOALS = [{ of: 'ratio', atMost: 1.2 }] as const;

const SMALL: Population = { accounts: 1000, clients: 1000 };

export async function measureGrowth(bench: Bench, kind: 'SQLite' | 'Redis'): Promise<ScaleSection> {
  const large = bench.plan.growth;
  const title = `growth on ${kind}`;
  const instances = {
    small: await newInstance(bench, kind, SMALL),
    large: await newInstance(bench, kind, large),
  };
  const rows = [
    ...(await measureStarts(bench, instances, title)),
    ...(await measureLatencies(bench, instances, title)),
  ];
  for (const side of SIDES) {
    await instances[side].http.close();
    await instances[side].redis?.stop();
  }
  return {
    title,
    small: describe(SMALL),
    large: describe(large),
    rows,
  };
}

async function measureStarts(bench: Bench, instances: Instances, title: string): Promise<ScaleRow[]> {
  const { starts } = bench.plan.growth;
  const time = noScaleMeasurements();
  const memory = noScaleMeasurements();
  // Not counted: makes keys and compiled modules.
  for (const side of SIDES) await startOnce(bench, instances[side]);
  for (let round = 0; round < starts; round += 1) {
    bench.say(`${title}, start ${round + 1} of ${starts}`);
    for (const side of scaleOrder(round)) {
      const { milliseconds, bytes } = await startOnce(bench, instances[side]);
      time[side].push(milliseconds);
      memory[side].push(bytes / MEBIBYTE);
    }
  }
  return [
    makeScaleRow(
      { scenario: 'cold start to first token', unit: 'ms', better: 'less', goals: START_GOALS },
      time,
    ),
    makeScaleRow({ scenario: 'resident memory after start', unit: 'MiB', better: 'less' }, memory),
  ];
}
