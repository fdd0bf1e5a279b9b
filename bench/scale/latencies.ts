import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { runOpenLoop, takeTurns } from '../client/load.ts';
import { RunningProgram } from '../machine/processes.ts';
import { makeScaleRow, type ScaleRow, type ScaleSide } from '../report/scale.ts';
import { percentile } from '../report/statistics.ts';
import { requestMachineToken, runCodeFlow, signedInPeople } from '../scenarios/tokens.ts';
import { untilAnswered } from '../servers/contestant.ts';
import { type Instance, type Instances, MEBIBYTE } from './instance.ts';
import { noScaleMeasurements, SIDES } from './sides.ts';

/** Latencies at a steady rate, and the memory of the servers meanwhile. */

/** Operations a second of each side, together far below what the core can do. */
const TOKENS_PER_SECOND = 200;
const FLOWS_PER_SECOND = 25;

/** Of the 99th percentile: only a deeper index may make a large store slower. */
const SLOWEST_GOALS = [{ of: 'ratio', atMost: 1.1 }] as const;

interface LatencyScenario {
  name: string;
  perSecond: number;
  prepare: (instance: Instance) => Promise<() => Promise<void>>;
}

const SCENARIOS: readonly LatencyScenario[] = [
  {
    name: 'client credentials',
    perSecond: TOKENS_PER_SECOND,
    async prepare({ http, clientIds }) {
      const turn = takeTurns(clientIds, 1);
      return async () => void (await requestMachineToken(http, turn(0)));
    },
  },
  {
    name: 'code flow',
    perSecond: FLOWS_PER_SECOND,
    async prepare(instance) {
      const turn = takeTurns(await signedInPeople(instance), 1);
      return async () => void (await runCodeFlow(instance.http, turn(0), { scope: 'openid messages:read' }));
    },
  },
];

/** Sends requests to both sides alternately: a short pause of the machine delays both. */
async function measureInTurn(
  perSecond: number,
  seconds: number,
  operations: Readonly<Record<ScaleSide, () => Promise<void>>>,
): Promise<Record<ScaleSide, number[]>> {
  const durations = noScaleMeasurements();
  let turn = 0;
  await runOpenLoop(perSecond * SIDES.length, sleep(seconds * 1000), async () => {
    const side = turn % 2 === 0 ? 'small' : 'large';
    turn += 1;
    const start = performance.now();
    await operations[side]();
    durations[side].push(performance.now() - start);
  });
  return durations;
}

export async function measureLatencies(
  bench: Bench,
  instances: Instances,
  title: string,
): Promise<ScaleRow[]> {
  const { rounds, seconds } = bench.plan.growth;
  const servers = {
    small: new RunningProgram(instances.small.program, bench.core),
    large: new RunningProgram(instances.large.program, bench.core),
  };
  for (const side of SIDES) {
    const { http } = instances[side];
    await untilAnswered(servers[side], () => http.get('/.well-known/openid-configuration'));
  }
  const rows: ScaleRow[] = [];
  const memory = noScaleMeasurements();
  for (const { name, perSecond, prepare } of SCENARIOS) {
    const median = noScaleMeasurements();
    const slow = noScaleMeasurements();
    const operations = {
      small: await prepare(instances.small),
      large: await prepare(instances.large),
    };
    await measureInTurn(perSecond, seconds, operations);
    for (let round = 0; round < rounds; round += 1) {
      bench.say(`${title}, round ${round + 1} of ${rounds}: ${name}`);
      const durations = await measureInTurn(perSecond, seconds, operations);
      for (const side of SIDES) {
        median[side].push(percentile(durations[side], 50));
        slow[side].push(percentile(durations[side], 99));
        memory[side].push(servers[side].residentBytes() / MEBIBYTE);
      }
    }
    const facts = { unit: 'ms', better: 'less' } as const;
    rows.push(
      makeScaleRow({ scenario: `${name}, p50`, ...facts }, median),
      makeScaleRow({ scenario: `${name}, p99`, ...facts, goals: SLOWEST_GOALS }, slow),
    );
  }
  await Promise.all(SIDES.map((side) => servers[side].stop()));
  rows.push(
    makeScaleRow({ scenario: 'resident memory under this load', unit: 'MiB', better: 'less' }, memory),
  );
  return rows;
}
