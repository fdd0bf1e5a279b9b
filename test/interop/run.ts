import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../support/free-port.ts';
import { EXAMPLES, type ExampleApi, type InteropClient, ORDERS_API, OTHER_API } from './client.ts';
import { readClients } from './support/clients.ts';
import { fillExamplesIn } from './support/examples.ts';
import { perform } from './support/perform.ts';
import { recordResults, type Result } from './support/results.ts';
import { Servers } from './support/servers.ts';
import { resultTable } from './support/table.ts';

/** `npm run test:interop [name…]`: real clients, installed and configured as their own documentation says, against a running Signet. */

const USAGE = `Usage: npm run test:interop -- [NAME…] [--record]

Runs the named clients of test/interop/clients, or all of them, and prints a table. --record writes the outcomes to
test/interop/results.json, from which the pages in docs/clients are generated. INTEROP_CACHE is the directory
for the packages of the clients (default: signet-interop-cache in the directory for temporary files).`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { record: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});

if (values.help) console.log(USAGE);
else await main();

async function main(): Promise<void> {
  // Ends the processes that it started, too.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const clients = select(await readClients());
  const cache = process.env.INTEROP_CACHE ?? join(tmpdir(), 'signet-interop-cache');
  mkdirSync(cache, { recursive: true });
  const places = new Map<InteropClient, number>();
  for (const client of clients) places.set(client, await freePort());
  const apis = [...places].flatMap(([client, port]) => apisOf(client, port));
  const declared = distinct([ORDERS_API, OTHER_API, ...apis]);
  const results = new Map<string, Result>();
  const servers = new Servers(declared);
  try {
    for (const [client, port] of places) {
      console.log(`\n${client.title}`);
      const { signet, machine } = await servers.for(client);
      const logged = signet.log.length;
      const done = await perform({ client, signet, cache, port, machine });
      for (const step of done.steps) console.log(`  ✓ ${step}`);
      if (done.outcome === 'FAILED') console.log(`  ✗ ${done.detail}\n${warnings(signet.log.slice(logged))}`);
      results.set(client.name, { date: today(), signet: version(), ...done });
    }
  } finally {
    await servers.stop();
  }
  console.log(`\n${resultTable(results)}`);
  if (values.record) recordResults(results);
  const failed = [...results.values()].filter(({ outcome }) => outcome === 'FAILED').length;
  const skipped = [...results.values()].filter(({ outcome }) => outcome === 'skipped').length;
  console.log(`${results.size - failed - skipped} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** @throws Error with the names that exist */
function select(all: readonly InteropClient[]): readonly InteropClient[] {
  const unknown = positionals.filter((name) => !all.some((client) => client.name === name));
  if (unknown.length > 0) {
    throw new Error(`no client ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
  }
  return positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name));
}

function apisOf({ apis = [] }: InteropClient, port: number): ExampleApi[] {
  return apis.map((api) => fillExamplesIn(api, { ...EXAMPLES, appUrl: `http://localhost:${port}` }));
}

function distinct(apis: readonly ExampleApi[]): ExampleApi[] {
  return [...new Map(apis.map((api) => [api.audience, api])).values()];
}

/** The messages and details of the log lines that are no `info`. */
function warnings(log: string): string {
  return log
    .split('\n')
    .filter((line) => /"level":"?(?:warn|error|[45]0)/.test(line))
    .map((line) => `    ${line}`)
    .join('\n');
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function version(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}
