import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { chooseCores, chooseScaleCores, pinThisProcess } from './machine/cores.ts';
import { cautions, describeEnvironment } from './machine/environment.ts';
import { unexpectedEnds } from './machine/processes.ts';
import { openWorkspace } from './machine/workspace.ts';
import { type Options, PLANS, readOptions, SECTIONS, USAGE } from './options.ts';
import type { Report } from './report/report.ts';
import { coreCautions } from './report/row.ts';
import { writeReport } from './report/write-report.ts';
import { formatTable } from './report/table.ts';
import { measureScale } from './scale/scale.ts';
import { measureColdStarts, measureFirstStarts } from './scenarios/cold-start.ts';
import { measureThroughput } from './scenarios/measure-throughput.ts';
import { measureStoreCounts } from './scenarios/store-counts.ts';
import { measureQueuedLogins } from './scenarios/queued-logins.ts';
import {
  clientCredentials,
  codeFlow,
  introspection,
  refreshWithRotation,
  resourceServerRequest,
} from './scenarios/throughput.ts';
import { type Contestant, newSite, startServer } from './servers/contestant.ts';
import { plain } from './servers/plain.ts';
import { signet } from './servers/signet.ts';
import type { Sides } from './sides.ts';

/**
 * `npm run bench`: Signet beside plain oidc-provider, on the same core of the same machine in the same minutes, and Signet beside more of
 * itself.
 */

let options: Options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(2);
}
if (options.help) console.log(USAGE);
else await run(options).catch(explain);

async function run({ mode, calibrate, sections }: Options): Promise<void> {
  const cores = chooseCores();
  const environment = describeEnvironment(cores);
  if ('generator' in cores) pinThisProcess(cores.generator);
  const bench: Bench = {
    plan: PLANS[mode],
    core: 'server' in cores ? cores.server : undefined,
    scaleCores: 'server' in cores ? chooseScaleCores(cores) : undefined,
    makeDirectory: openWorkspace(),
    say: (progress) => console.error(`bench: ${progress}`),
  };
  const report: Report = {
    mode,
    environment,
    cautions: cautions(environment),
    ceiling: undefined,
    counts: sections.includes('counts') ? await measureStoreCounts(bench) : [],
    rows: [],
    scale: [],
  };
  if (sections.includes('plain')) Object.assign(report, await measureBesidePlain(bench, calibrate));
  const { scale, leftOut } = await measureScale(bench, sections);
  report.scale.push(...scale);
  report.cautions.push(...coreCautions(report.rows), ...leftOut);
  console.log(formatTable(report));
  if (!calibrate && sections.length === SECTIONS.length) writeReport(report);
}

async function measureBesidePlain(
  bench: Bench,
  calibrate: boolean,
): Promise<Pick<Report, 'ceiling' | 'rows'>> {
  const contestants = { signet: calibrate ? plain : signet, plain };
  const starts = [
    ...(await measureColdStarts(bench, contestants)),
    ...(await measureFirstStarts(bench, contestants)),
  ];
  const servers = {
    signet: await start(bench, contestants, 'signet'),
    plain: await start(bench, contestants, 'plain'),
  };
  const throughput = await measureThroughput(bench, servers, [
    clientCredentials,
    codeFlow,
    refreshWithRotation,
    introspection,
    resourceServerRequest,
  ]);
  const logins = await measureQueuedLogins(bench, servers);
  await Promise.all([servers.signet.stop(), servers.plain.stop()]);
  return {
    ceiling: throughput.ceiling,
    rows: [...throughput.rates, ...starts, throughput.memory, ...logins],
  };
}

/** A failed measurement, with the last output of a server that ended. */
async function explain(error: unknown): Promise<never> {
  // Connections fail shortly before the exit event.
  await sleep(200);
  for (const end of unexpectedEnds()) console.error(end);
  throw error;
}

async function start(bench: Bench, contestants: Sides<Contestant>, side: 'signet' | 'plain') {
  const site = await newSite(contestants[side], bench.makeDirectory(side));
  return startServer(contestants[side], site, bench.core);
}
