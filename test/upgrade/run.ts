import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import {
  copyVersion,
  RELEASED_0_1,
  REPOSITORY,
  type VersionCopy,
  VersionMissingError,
} from '../support/version-copy.ts';
import { runUpgrade, type UpgradeResult } from './upgrade.ts';

/** `npm run test:upgrade`: the released version and this one side by side on one Redis, for an hour. */

const USAGE = `Usage: npm run test:upgrade -- [--minutes 60] [--rate 10] [--visitors 40] [--nodes 2] [--from COMMIT] [--to COMMIT] [--sticky]

Nodes of a released version and of this one on one Redis, under load: an upgrade, a time side by side, and a rollback.
--from is 0.1 by default, --to is this checkout. --sticky keeps a browser at one version
while it signs in, for versions whose sign-in pages differ. SIGTERM ends the run early, with its figures.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '10' },
    visitors: { type: 'string', default: '40' },
    nodes: { type: 'string', default: '2' },
    from: { type: 'string', default: RELEASED_0_1 },
    to: { type: 'string' },
    sticky: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  const seconds = Number(values.minutes) * 60;
  const early = new AbortController();
  // Of this process alone: a terminal's SIGINT reaches Redis and the nodes as well.
  process.once('SIGTERM', () => early.abort());
  const copies: VersionCopy[] = [];
  const copy = async (commit: string): Promise<string> => {
    const made = await copyVersion(commit);
    copies.push(made);
    return made.directory;
  };
  try {
    const result = await runUpgrade({
      sources: {
        old: await copy(values.from),
        new: values.to === undefined ? REPOSITORY : await copy(values.to),
      },
      seconds,
      nodes: Number(values.nodes),
      sticky: values.sticky,
      visitors: Number(values.visitors),
      rate: Number(values.rate),
      dutyEvery: Math.max(1, Math.min(30, seconds / 20)),
      say: (line) => console.log(line),
      signal: early.signal,
    });
    report(result);
  } catch (error) {
    if (!(error instanceof VersionMissingError)) throw error;
    console.error(`${error.message}: ${error.hint}`);
    process.exitCode = 2;
  } finally {
    for (const { remove } of copies) remove();
  }
}

function report({ ledger, sizes }: UpgradeResult): void {
  for (const line of ledger.summary()) console.log(line);
  for (const line of new Set(ledger.overloads.slice(0, 20))) console.log(`  503: ${line.slice(0, 200)}`);
  console.log('Redis:');
  const every = Math.max(1, Math.floor(sizes.length / 12));
  for (const { at, bytes, keys } of sizes.filter((_, index) => index % every === 0)) {
    console.log(`  ${(at / 60).toFixed(1)} min: ${(bytes / 1e6).toFixed(2)} MB, ${keys} keys`);
  }
  console.log(`Load average ${loadavg()[0]?.toFixed(1)}`);
  if (ledger.failures > 0) process.exitCode = 1;
}
