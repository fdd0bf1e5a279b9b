import type { Bench } from '../bench.ts';
import { runClosedLoop, type Throughput } from '../client/load.ts';
import type { RunningProgram } from '../machine/processes.ts';
import { type MeasuredRate, makeScaleRow, type ScaleRow, type ScaleSide } from '../report/scale.ts';
import { ratios, summarize } from '../report/statistics.ts';
import { clientCredentials, codeFlow } from '../scenarios/throughput.ts';
import { CONNECTIONS, type Target } from '../servers/contestant.ts';
import { noScaleMeasurements, SIDES, scaleOrder } from './sides.ts';

/**
 * How much more two workers or nodes serve than one. On a machine with two cores, the load generator and Redis use part of them. Each
 * rate is therefore related to the part of the cores that was available to the servers, not to the part that they used: time in which a
 * core was available and idle, because of locks or the disk, counts against them.
 */

/** Processes that serve one issuer together. */
export interface Fleet extends Target {
  servers: readonly RunningProgram[];
  /** Processes that they need, on the load generator's core. */
  beside: readonly { cpuSeconds(): number }[];
  /** The cores that the servers may use. */
  cores: readonly number[];
  stop(): Promise<void>;
}

/** Less than 2: they share memory, caches and the disk. By processor time, because few machines have a core for each of all processes. */
const GOALS = [{ of: 'cpuRatio', atLeast: 1.8 }] as const;

export async function measureCapacity(
  bench: Bench,
  fleets: Readonly<Record<ScaleSide, Fleet>>,
  title: string,
): Promise<ScaleRow[]> {
  const rows: ScaleRow[] = [];
  const { rounds, codeFlow: flows } = bench.plan.scale;
  for (const scenario of flows ? [clientCredentials, codeFlow] : [clientCredentials]) {
    const { name } = scenario;
    const results = noScaleMeasurements<Throughput>();
    for (const side of SIDES) await measureOnce(bench, fleets[side], scenario);
    for (let round = 0; round < rounds; round += 1) {
      bench.say(`${title}, round ${round + 1} of ${rounds}: ${name}`);
      for (const side of scaleOrder(round)) {
        results[side].push(await measureOnce(bench, fleets[side], scenario));
      }
    }
    const capacities = (side: ScaleSide) =>
      results[side].map((result) => capacity(bench, fleets[side], result));
    const byCpu = (side: ScaleSide) =>
      results[side].map((result) => result.ratePerCpuSecond * fleets[side].cores.length);
    rows.push(
      makeScaleRow(
        {
          scenario: name,
          unit: '1/s',
          better: 'more',
          goals: GOALS,
          cpuRatio: summarize(ratios(byCpu('large'), byCpu('small'))),
          measured: { small: measuredRate(results.small), large: measuredRate(results.large) },
        },
        { small: capacities('small'), large: capacities('large') },
      ),
    );
  }
  return rows;
}

async function measureOnce(
  { plan }: Bench,
  fleet: Fleet,
  scenario: typeof clientCredentials | typeof codeFlow,
): Promise<Throughput> {
  return runClosedLoop({
    workers: CONNECTIONS,
    warmUp: plan.warmUp,
    seconds: plan.seconds,
    serverCpu: () => cpuSeconds(fleet.servers),
    besideCpu: () => cpuSeconds(fleet.beside),
    operation: await scenario.prepare(fleet),
  });
}

/** Operations a second if the servers had their cores to themselves. */
function capacity({ scaleCores }: Bench, { cores }: Fleet, result: Throughput): number {
  const { rate, generatorCpu, besideCpu } = result;
  const shared = scaleCores !== undefined && cores.includes(scaleCores.generator);
  const taken = shared ? generatorCpu + besideCpu : 0;
  return (rate / (cores.length - taken)) * cores.length;
}

function measuredRate(results: readonly Throughput[]): MeasuredRate {
  const summary = (name: keyof MeasuredRate) => summarize(results.map((result) => result[name]));
  return {
    rate: summary('rate'),
    ratePerCpuSecond: summary('ratePerCpuSecond'),
    serverCpu: summary('serverCpu'),
    generatorCpu: summary('generatorCpu'),
    besideCpu: summary('besideCpu'),
  };
}

function cpuSeconds(programs: readonly { cpuSeconds(): number }[]): number {
  return programs.reduce((sum, program) => sum + program.cpuSeconds(), 0);
}
