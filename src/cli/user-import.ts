import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type FirebaseParameters, parseFirebaseParameters } from '../accounts/credentials/foreign-formats.ts';
import { planImport, type RefusedEntry, writeImport } from '../accounts/imports/account-import.ts';
import { readEntries } from '../accounts/imports/file-entries.ts';
import { type CommandContext, withContext } from './context.ts';
import { printJson, printLine, printTable } from './output.ts';
import { createProgress } from './progress.ts';

/** `signet user import`: accounts from a file, with their password hashes. */

interface ImportCommandOptions {
  firebaseParameters?: string;
  keepIds?: true;
  skipExisting?: true;
  partial?: true;
  dryRun?: true;
  json?: true;
}

/** Refused entries that are printed as a table; `--json` has all. */
const MAX_PRINTED = 50;

export function registerImport(user: Command): void {
  user
    .command('import <file>')
    .description(
      'Adds the accounts of a file: CSV, JSON lines as user export writes them, or an export of Keycloak, Auth0, Django or Firebase.\n' +
        'Everything is checked first; if anything is refused, nothing is written. Passwords are imported as hashes.',
    )
    .option(
      '--firebase-parameters <file>',
      'file with the password hash parameters of a Firebase project, as its console shows them',
    )
    .option('--keep-ids', 'keep the ids of the other system as subject identifiers (sub)')
    .option('--skip-existing', 'leave accounts as they are whose usernames exist')
    .option('--partial', 'add the accounts that are not refused')
    .option('--dry-run', 'check only')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ signet user import people.csv --dry-run
  $ signet user import realm-export.json --keep-ids
  $ signet user import users.json --firebase-parameters hash-config.txt`,
    )
    .action(async (file: string, options: ImportCommandOptions, command: Command) => {
      const entries = readEntries(readText(file));
      const firebase = readParameters(options.firebaseParameters);
      await withContext(command, (context) => run(context, entries, { ...options, firebase }));
    });
}

async function run(
  { store, config, audit, clock }: CommandContext,
  entries: ReturnType<typeof readEntries>,
  options: ImportCommandOptions & { firebase: FirebaseParameters | undefined },
): Promise<void> {
  const checking = createProgress('accounts checked', entries.length);
  const plan = await planImport(entries, {
    store,
    clock,
    firebase: options.firebase,
    uniqueEmail: config.accounts.uniqueEmail,
    keepIds: options.keepIds === true,
    skipExisting: options.skipExisting === true,
    onProgress: () => checking.advance(),
  });
  checking.end();
  const { records, present, skipped, refused } = plan;
  const isWritten = options.dryRun !== true && (refused.length === 0 || options.partial === true);
  const adding = createProgress('accounts added', records.length);
  const { added, taken } = isWritten
    ? await writeImport(records, {
        store,
        audit,
        clock,
        passwords: config.passwords,
        onProgress: () => adding.advance(),
      })
    : { added: 0, taken: [] };
  adding.end();
  const all = [...refused, ...taken.map(takenSince)];
  const report = { accounts: entries.length, added, present, skipped, refused: all.length };
  if (options.json) printJson({ ...report, refusals: all });
  else printReport(report, all);
  if (all.length === 0) return;
  throw new Error(
    isWritten || options.dryRun === true
      ? `${all.length} of ${entries.length} accounts were refused`
      : `${all.length} of ${entries.length} accounts were refused, so nothing was written; correct the file, or add the others with --partial`,
  );
}

function printReport(
  { added, present, skipped }: { added: number; present: number; skipped: number },
  refused: readonly RefusedEntry[],
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
  printLine(`added ${added} ${added === 1 ? 'account' : 'accounts'}`);
  if (present > 0) printLine(`${present} were there already, with the same content`);
  if (skipped > 0) printLine(`${skipped} were skipped: their usernames exist`);
}

function takenSince(username: string): RefusedEntry {
  return { where: '', username, reasons: ['the username was taken while the accounts were added'] };
}

function readParameters(file: string | undefined): FirebaseParameters | undefined {
  return file === undefined ? undefined : parseFirebaseParameters(readText(file));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read (${code})`, {
      cause: error,
    });
  }
}
