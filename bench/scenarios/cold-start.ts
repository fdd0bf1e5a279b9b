import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { HttpClient } from '../client/http.ts';
import { type Program, RunningProgram } from '../machine/processes.ts';
import { makeRow, type Row } from '../report/row.ts';
import { type Contestant, issuerOf, newSite, untilAnswered } from '../servers/contestant.ts';
import { noMeasurements, order, type Sides } from '../sides.ts';
import { requestMachineToken } from './tokens.ts';

/** From the start of the process to its first client credentials token, and the memory it then holds. */

interface Instance {
  issuer: string;
  program: Program;
}

const MEBIBYTE = 1024 * 1024;
const SETTLE_MS = 500;

/** The starts that matter in operation: keys, database and compiled modules are there. */
export async function measureColdStarts(bench: Bench, contestants: Sides<Contestant>): Promise<Row[]> {
  const time = noMeasurements();
  const memory = noMeasurements();
  const instances = {
    signet: await newInstance(bench, contestants.signet),
    plain: await newInstance(bench, contestants.plain),
  };
  // Uncounted: makes what the counted ones find.
  for (const side of order(0)) await startOnce(bench, instances[side]);
  for (let round = 0; round < bench.plan.coldStarts; round += 1) {
    bench.say(`cold start ${round + 1} of ${bench.plan.coldStarts}`);
    for (const side of order(round)) {
      const { milliseconds, bytes } = await startOnce(bench, instances[side]);
      time[side].push(milliseconds);
      memory[side].push(bytes / MEBIBYTE);
    }
  }
  return [
    makeRow({ scenario: 'cold start to first token', unit: 'ms', better: 'less' }, time, {
      goal: { of: 'ratio', atMost: 1.3 },
    }),
    makeRow({ scenario: 'resident memory after start', unit: 'MiB', better: 'less' }, memory, {
      goal: { of: 'ratio', atMost: 1.5 },
    }),
  ];
}

/** Starts in an empty directory: keys and database are made, every module is compiled. */
export async function measureFirstStarts(bench: Bench, contestants: Sides<Contestant>): Promise<Row[]> {
  const time = noMeasurements();
  for (let round = 0; round < bench.plan.firstStarts; round += 1) {
    bench.say(`very first start ${round + 1} of ${bench.plan.firstStarts}`);
    for (const side of order(round)) {
      const { issuer, program } = await newInstance(bench, contestants[side]);
      // Replaces the directory in which the program itself keeps compiled modules.
      const env = { ...program.env, NODE_COMPILE_CACHE: join(bench.makeDirectory(side), 'empty') };
      time[side].push((await startOnce(bench, { issuer, program: { ...program, env } })).milliseconds);
    }
  }
  return [makeRow({ scenario: 'very first start to first token', unit: 'ms', better: 'less' }, time)];
}

async function newInstance(bench: Bench, contestant: Contestant): Promise<Instance> {
  const site = await newSite(contestant, bench.makeDirectory(contestant.name));
  return { issuer: issuerOf(site), program: contestant.authorizationServer(site) };
}

async function startOnce(
  { core }: Bench,
  { issuer, program }: Instance,
): Promise<{ milliseconds: number; bytes: number }> {
  const http = new HttpClient(issuer, 1);
  const start = performance.now();
  const server = new RunningProgram(program, core);
  try {
    await untilAnswered(server, () => requestMachineToken(http));
    const milliseconds = performance.now() - start;
    await sleep(SETTLE_MS);
    return { milliseconds, bytes: server.residentBytes() };
  } finally {
    await http.close();
    await server.stop();
  }
}
