import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { type FirebaseParameters, parseFirebaseParameters } from '../accounts/credentials/foreign-formats.ts';
import { type AccountImport, planImport, type RefusedEntry } from '../accounts/imports/account-import.ts';
import { type FileEntry, readEntries } from '../accounts/imports/file-entries.ts';
import { writeImport } from '../accounts/imports/import-writing.ts';
import { createSealer } from '../signing/sealing/sealer.ts';
import { type CommandContext, withContext } from './context.ts';
import { printJson, printLine, printTable } from './output.ts';
import { createProgress } from './progress.ts';

/** `signet user import`: accounts from a file, with their password hashes. */

interface ImportCommandOptions {
  firebaseParameters?: string;
  keepIds?: true;
  skipExisting?: true;
  dropFactors?: true;
  partial?: true;
  dryRun?: true;
  json?: true;
}

/** Refused entries that are printed as a table; `--json` has all. */
const MAX_PRINTED = 50;

export function registerImport(user: Command): void {
  user
    .command('import <file...>')
    .description(
      'Adds the accounts of files: CSV, JSON lines as user export writes them, or an export of Keycloak, Auth0, Django or Firebase.\n' +
        'Everything is checked first; if anything is refused, nothing is written. Passwords are imported as hashes,\n' +
        'authenticator apps with their secrets.',
    )
    .option(
      '--firebase-parameters <file>',
      'file with the password hash parameters of a Firebase project, as its console shows them',
    )
    .option('--keep-ids', 'keep the ids of the other system as subject identifiers (sub)')
    .option('--skip-existing', 'leave accounts as they are whose usernames exist')
    .option(
      '--drop-factors',
      'also add accounts whose second factors cannot be imported (security keys, phones), without these',
    )
    .option('--partial', 'add the accounts that are not refused')
    .option('--dry-run', 'check only')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ signet user import people.csv --dry-run
  $ signet user import example-users-*.json --keep-ids
  $ signet user import users.json --firebase-parameters hash-config.txt`,
    )
    .action(async (files: string[], options: ImportCommandOptions, command: Command) => {
      const reading = createProgress('accounts read');
      const entries = files.flatMap((file) => entriesOf(file, files.length > 1, () => reading.advance()));
      reading.end();
      const firebase = readParameters(options.firebaseParameters);
      await withContext(command, (context) => run(context, entries, { ...options, firebase }));
    });
}

async function run(
  { store, config, audit, clock }: CommandContext,
  entries: readonly FileEntry[],
  options: ImportCommandOptions & { firebase: FirebaseParameters | undefined },
): Promise<void> {
  const sealer = createSealer(config);
  const checking = createProgress('accounts checked', entries.length);
  const comparing = createProgress('accounts compared with the store', entries.length);
  const plan = await planImport(entries, {
    store,
    clock,
    sealer,
    firebase: options.firebase,
    uniqueEmail: config.accounts.uniqueEmail,
    keepIds: options.keepIds === true,
    skipExisting: options.skipExisting === true,
    dropFactors: options.dropFactors === true,
    onChecked: () => checking.advance(),
    onCompared: () => {
      checking.end();
      comparing.advance();
    },
  });
  checking.end();
  comparing.end();
  const { records, refused } = plan;
  const isWritten = options.dryRun !== true && (refused.length === 0 || options.partial === true);
  const adding = createProgress('accounts added', records.length);
  const { added, taken } = isWritten
    ? await writeImport(plan, {
        store,
        audit,
        sealer,
        clock,
        passwords: config.passwords,
        onProgress: () => adding.advance(),
      })
    : { added: 0, taken: [] };
  adding.end();
  const all = [...refused, ...taken.map(takenSince)];
  const isDryRun = options.dryRun === true;
  if (options.json) printJson(jsonReport(plan, { accounts: entries.length, added, refusals: all }));
  else printReport(isWritten || isDryRun ? plan : undefined, { added, isDryRun, refused: all });
  if (all.length === 0) return;
  throw new Error(
    isWritten || options.dryRun === true
      ? `${all.length} of ${entries.length} accounts were refused`
      : `${all.length} of ${entries.length} accounts were refused, so nothing was written; correct the file, or add the others with --partial`,
  );
}

function jsonReport(
  { apps, losing, notPeople, present, skipped }: AccountImport,
  { accounts, added, refusals }: { accounts: number; added: number; refusals: readonly RefusedEntry[] },
): Record<string, unknown> {
  return {
    accounts,
    added,
    authenticatorApps: apps.size,
    factorsLeftOut: losing,
    notPeople,
    present,
    skipped,
    refused: refusals.length,
    refusals,
  };
}

/** @param plan undefined where nothing was written because of what was refused */
function printReport(
  plan: AccountImport | undefined,
  { added, isDryRun, refused }: { added: number; isDryRun: boolean; refused: readonly RefusedEntry[] },
): void {
  if (refused.length > 0) {
    printTable(
      ['WHERE', 'USERNAME', 'REASON'],
      refused
        .slice(0, MAX_PRINTED)
        .map(({ where, username = '', reasons }) => [where, username, reasons.join('; ')]),
    );
    if (refused.length > MAX_PRINTED)
      printLine(`… and ${refused.length - MAX_PRINTED} more: --json lists all`);
  }
  printLine(isDryRun ? `can add ${accounts(plan?.records.length ?? 0)}` : `added ${accounts(added)}`);
  if (plan === undefined) return;
  const { apps, losing, notPeople, present, skipped } = plan;
  if (apps.size > 0) printLine(`${apps.size} of them with an authenticator app`);
  if (losing > 0) printLine(`${losing} of them without second factors that cannot be imported`);
  if (present > 0) printLine(`${present} were there already, with the same content`);
  if (skipped > 0) printLine(`${skipped} were skipped: their usernames exist`);
  if (notPeople > 0) printLine(`${notPeople} left out: service accounts of clients, groups or permissions`);
}

function accounts(count: number): string {
  return `${count} ${count === 1 ? 'account' : 'accounts'}`;
}

function takenSince(username: string): RefusedEntry {
  return { where: '', username, reasons: ['the username was taken while the accounts were added'] };
}

function entriesOf(file: string, isOneOfSeveral: boolean, onRead: () => void): FileEntry[] {
  const text = readText(file);
  const name = basename(file);
  try {
    const entries = readEntries(text, onRead);
    return isOneOfSeveral
      ? entries.map(({ where, value }) => ({ where: `${name} ${where}`, value }))
      : entries;
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

function readParameters(file: string | undefined): FirebaseParameters | undefined {
  return file === undefined ? undefined : parseFirebaseParameters(readText(file));
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function readText(file: string): string {
  try {
    return UTF8.decode(readFileSync(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new Error(`${file} is not in UTF-8: save or export it in this encoding`, { cause: error });
    throw new Error(code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read (${code})`, {
      cause: error,
    });
  }
}
