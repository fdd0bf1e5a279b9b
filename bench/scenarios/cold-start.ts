import { join } from 'node:path';
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
