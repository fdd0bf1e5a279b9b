import type { Command } from 'commander';
import { isReservedName } from '../config/reserved-names.ts';
import { openStore } from '../store/open.ts';
import type { DumpRecord, DumpType, Loaded, Store, TransferStore } from '../store/store.ts';
import { printLine, printTable } from './output.ts';
import { createProgress, withProgress } from './progress.ts';

/** `signet store`: copies one store to another. Also the code that `signet restore` shares: loading a dump and its report. */

export function register(program: Command): void {
  const store = program
    .command('store')
    .summary('copy the content of one store to another')
    .description('Copies the content of one store to another.');
  store
    .command('migrate <from> <to>')
    .description(
      'Copies the content of one store to another, which must be empty, and compares the counts. Stop the server first: records\n' +
        'that it writes to the old store during the copy may be missing in the new one.',
    )
    .addHelpText(
      'after',
      '\nFROM and TO are addresses as in SIGNET_STORE, or env:NAME for a variable that contains one. Use a variable for an address\n' +
        'with a password.\n\n' +
        'Example:\n  $ signet store migrate sqlite:./data/signet.db redis://localhost:6379',
    )
    .action((from: string, to: string) =>
      withStore(from, false, (source) => withStore(to, true, (target) => migrate(source, target))),
    );
}

async function withStore(
  named: string,
  create: boolean,
  run: (store: Store) => Promise<void>,
): Promise<void> {
  const store = await openStore(addressOf(named), { clock: Date.now, create });
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

/** Every user of the machine can read arguments, but not variables, so an address with a password can be in a variable. */
function addressOf(named: string): string {
  const [, variable] = /^env:(\w+)$/.exec(named) ?? [];
  const address = variable === undefined ? named : process.env[variable];
  if (address === undefined) throw new Error(`the variable ${variable} is not set`);
  return address;
}

async function migrate(from: Store, to: Store): Promise<void> {
  const report = await loadAll(to.transfer, from.transfer.dump(), 'records copied');
  if (report.every(([, read]) => read === 0)) throw new Error('the store to migrate from is empty');
  printLoaded(report);
  printLine(
    'Signing keys in files and the configuration stay as they are; name the new store in SIGNET_STORE.',
  );
}

/** For each type: the number of records read, and how many of them were stored, expired, ended or repeated. */
export type LoadReport = [type: DumpType, read: number, loaded: Loaded[DumpType]][];

/**
 * Loads records into a store, and shows its progress. Skips clients with a reserved id, which an older version may have stored.
 * @throws Error when the counts of records read and loaded differ
 */
export async function loadAll(
  to: TransferStore,
  records: AsyncIterable<DumpRecord>,
  what = 'records',
): Promise<LoadReport> {
  const read = new Map<DumpType, number>();
  const progress = createProgress(what);
  // The line stays until the store has written the last of them.
  const followed = withProgress(withoutReservedClients(records), { ...progress, end: () => undefined });
  const loaded = await to.load(counting(followed, read)).finally(() => progress.end());
  const report = Object.entries(loaded).map(
    ([type, outcome]) => [type, read.get(type as DumpType) ?? 0, outcome] as LoadReport[number],
  );
  for (const [type, count, outcome] of report) {
    const accounted = Object.values(outcome).reduce((sum, part) => sum + part, 0);
    if (accounted === count) continue;
    throw new Error(
      `the counts differ: of ${count} ${type}s, ${accounted} are accounted for; empty the store and try again, with no server on it`,
    );
  }
  return report;
}

async function* withoutReservedClients(records: AsyncIterable<DumpRecord>): AsyncGenerator<DumpRecord> {
  for await (const record of records) {
    if (record.type === 'client' && isReservedName(record.client.id)) {
      process.stderr.write(`warning: left out the client ${record.client.id}: its id is a reserved name\n`);
    } else yield record;
  }
}

export async function* counting(
  records: AsyncIterable<DumpRecord>,
  counts: Map<DumpType, number>,
): AsyncGenerator<DumpRecord> {
  for await (const record of records) {
    counts.set(record.type, (counts.get(record.type) ?? 0) + 1);
    yield record;
  }
}

export function printLoaded(report: LoadReport): void {
  printTable(
    ['RECORDS', 'READ', 'STORED', 'EXPIRED', 'ENDED', 'REPEATED'],
    report.map(([type, read, { stored, expired, ended, repeated }]) => [
      `${type}s`,
      ...[read, stored, expired, ended, repeated].map(String),
    ]),
  );
}
