import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Notes from tests to the reporter: figures and reasons of skipped tests. With `mocha --parallel` the files run in child processes, and
 * mocha transfers only results, so notes go through a file that an environment variable names.
 */
export type RunNote =
  | { figure: string }
  /** `path`: titles from the outermost suite to the test or suite that was skipped. */
  | { path: string[]; reason: string; hint: string; allowedInCi: boolean };

const VARIABLE = 'TEST_RUN_NOTES';

/** For the reporter, before any test runs. @returns reads the notes */
export function openRunNotes(): () => RunNote[] {
  const directory = mkdtempSync(join(tmpdir(), 'signet-run-notes-'));
  const path = join(directory, 'notes.jsonl');
  writeFileSync(path, '');
  process.env[VARIABLE] = path;
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return () =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as RunNote);
}

/** Does nothing where another reporter runs. */
export function addRunNote(note: RunNote): void {
  const path = process.env[VARIABLE];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(note)}\n`);
}
