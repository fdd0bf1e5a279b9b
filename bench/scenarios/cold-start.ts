import { cpSync } from 'node:fs';
import type { Bench } from '../bench.ts';
import { makeRow, type Row } from '../report/row.ts';
import { type Contestant, issuerOf, newSite } from '../servers/contestant.ts';
import { noMeasurements, order, type Sides } from '../sides.ts';
import { type Instance, startOnce } from './start-once.ts';

/** From the start of the process to its first client credentials token, and the memory it then holds. */

const MEBIBYTE = 1024 * 1024;

/** Starts with existing keys, database and compiled modules, as in operation. */
export async function measureColdStarts(bench: Bench, contestants: Sides<Contestant>): Promise<Row[]> {
  const time = noMeasurements();
  const memory = noMeasurements();
  const instances = {
    signet: await newInstance(bench, contestants.signet),
    plain: await newInstance(bench, contestants.plain),
  };
  // Not counted: makes keys, database and compiled modules.
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
      goals: [{ of: 'ratio', atMost: 1.2 }],
    }),
    makeRow({ scenario: 'resident memory after start', unit: 'MiB', better: 'less' }, memory, {
      goals: [{ of: 'ratio', atMost: 1.5 }],
    }),
  ];
}

/**
 * Starts in an empty directory: keys and database are made. Each side starts with the modules that its installation compiled, and once more
 * without compiled modules.
 */
export async function measureFirstStarts(bench: Bench, contestants: Sides<Contestant>): Promise<Row[]> {
  const installed = noMeasurements();
  const uncompiled = noMeasurements();
  const compiled = { signet: bench.makeDirectory('compiled'), plain: bench.makeDirectory('compiled') };
  for (const side of order(0)) contestants[side].precompile?.(compiled[side]);
  for (let round = 0; round < bench.plan.firstStarts; round += 1) {
    bench.say(`very first start ${round + 1} of ${bench.plan.firstStarts}`);
    for (const side of order(round)) {
      const cache = bench.makeDirectory(side);
      cpSync(compiled[side], cache, { recursive: true });
      installed[side].push(await timeFirstStart(bench, contestants[side], cache));
    }
    for (const side of order(round))
      uncompiled[side].push(await timeFirstStart(bench, contestants[side], bench.makeDirectory(side)));
  }
  return [
    makeRow({ scenario: 'very first start to first token', unit: 'ms', better: 'less' }, installed, {
      goals: [{ of: 'ratio', atMost: 1.4 }],
    }),
    makeRow({ scenario: 'very first start, nothing compiled', unit: 'ms', better: 'less' }, uncompiled),
  ];
}

/**
 * @param cache replaces the directory in which the program itself keeps compiled modules
 * @returns milliseconds
 */
async function timeFirstStart(bench: Bench, contestant: Contestant, cache: string): Promise<number> {
  const { issuer, program } = await newInstance(bench, contestant);
  const env = { ...program.env, NODE_COMPILE_CACHE: cache };
  return (await startOnce(bench, { issuer, program: { ...program, env } })).milliseconds;
}

async function newInstance(bench: Bench, contestant: Contestant): Promise<Instance> {
  const site = await newSite(contestant, bench.makeDirectory(contestant.name));
  return { issuer: issuerOf(site), program: contestant.authorizationServer(site) };
}
