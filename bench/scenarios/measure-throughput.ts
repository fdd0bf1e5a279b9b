import type { Bench } from '../bench.ts';
import { runClosedLoop, type Throughput } from '../client/load.ts';
import { measureSigningCeiling, type SigningCeiling } from '../machine/signing-ceiling.ts';
import { makeRow, type Row } from '../report/row.ts';
import { ratios, type Summary, summarize } from '../report/statistics.ts';
import { CONNECTIONS, type RunningServer } from '../servers/contestant.ts';
import { noMeasurements, order, type Side, type Sides } from '../sides.ts';
import type { ThroughputScenario } from './throughput.ts';

/**
 * Runs all scenarios against both servers in every round, in alternating order, with the signing ceiling of the same minute
 * beside them, so that a machine that slows down for a while slows down everything that is compared. One more round goes before
 * them uncounted, for the just-in-time compiler.
 */

const MEBIBYTE = 1024 * 1024;

export async function measureThroughput(
  bench: Bench,
  servers: Sides<RunningServer>,
  scenarios: readonly ThroughputScenario[],
): Promise<{ ceiling: Summary; rates: Row[]; memory: Row }> {
  const { plan } = bench;
  const ceilings: SigningCeiling[] = [];
  const memory = noMeasurements();
  const measured = new Map<ThroughputScenario, Record<Side, Throughput[]>>(
    scenarios.map((scenario) => [scenario, { signet: [], plain: [] }]),
  );
  bench.say('warming up');
  for (const scenario of scenarios) {
    for (const side of order(0)) await measureOnce(bench, servers[side], scenario);
  }
  for (let round = 0; round < plan.rounds; round += 1) {
    bench.say(`round ${round + 1} of ${plan.rounds}: signing ceiling`);
    ceilings.push(await measureSigningCeiling(bench.core, plan.ceilingSeconds));
    for (const [index, [scenario, results]] of [...measured].entries()) {
      for (const side of order(round + index)) {
        bench.say(`round ${round + 1} of ${plan.rounds}: ${scenario.name}: ${side}`);
        results[side].push(await measureOnce(bench, servers[side], scenario));
      }
    }
    for (const side of order(round)) memory[side].push(servers[side].process.residentBytes() / MEBIBYTE);
  }
  const rates = [...measured].map(([scenario, results]) => throughputRow(scenario, results, ceilings));
  const memoryRow = makeRow({ scenario: 'resident memory under load', unit: 'MiB', better: 'less' }, memory, {
    goals: [{ of: 'ratio', atMost: 1.1 }],
  });
  return { ceiling: summarize(ceilings.map(({ rate }) => rate)), rates, memory: memoryRow };
}

async function measureOnce(
  { plan }: Bench,
  server: RunningServer,
  scenario: ThroughputScenario,
): Promise<Throughput> {
  const program = scenario.servedBy === 'resource server' ? server.resource.process : server.process;
  return runClosedLoop({
    workers: CONNECTIONS,
    warmUp: plan.warmUp,
    seconds: plan.seconds,
    serverCpu: () => program.cpuSeconds(),
    operation: await scenario.prepare(server),
  });
}

function throughputRow(
  scenario: ThroughputScenario,
  results: Sides<Throughput[]>,
  ceilings: readonly SigningCeiling[],
): Row {
  const rates = (side: Side) => results[side].map(({ rate }) => rate);
  const perCpuSecond = (side: Side) => results[side].map(({ ratePerCpuSecond }) => ratePerCpuSecond);
  const signaturesCounted = Math.max(1, scenario.signatures);
  const share = (side: Side, figure: keyof SigningCeiling) => {
    const signatures = results[side].map((result) => result[figure] * signaturesCounted);
    const ceiling = ceilings.map((measured) => measured[figure]);
    return summarize(ratios(signatures, ceiling));
  };
  const shares = (figure: keyof SigningCeiling) => ({
    signet: share('signet', figure),
    plain: share('plain', figure),
  });
  return makeRow(
    { scenario: scenario.name, unit: '1/s', better: 'more' },
    { signet: rates('signet'), plain: rates('plain') },
    {
      ceilingShare: { signaturesCounted, ...shares('rate'), byCpu: shares('ratePerCpuSecond') },
      cpuRatio: summarize(ratios(perCpuSecond('signet'), perCpuSecond('plain'))),
      cpu: {
        generator: summarize([...results.signet, ...results.plain].map((result) => result.generatorCpu)),
        signet: summarize(results.signet.map((result) => result.serverCpu)),
        plain: summarize(results.plain.map((result) => result.serverCpu)),
      },
      goals: scenario.goals,
    },
  );
}
