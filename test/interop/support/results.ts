import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** The outcomes of the last recorded run of each client, from which the pages take versions and dates. */

const FILE = new URL('../results.json', import.meta.url);

export type Outcome = 'as documented' | 'with a setting' | 'FAILED' | 'skipped';

export interface Result {
  /** `2026-01-31` */
  date: string;
  /** Version of Signet. */
  signet: string;
  /** Package → version, the client itself first. */
  versions: Readonly<Record<string, string>>;
  outcome: Outcome;
  /** What failed or is missing, or the refusal of the client without its setting. */
  detail?: string;
  /** What was as documented. */
  steps: readonly string[];
}

export type Results = Record<string, Result>;

export function readResults(): Results {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Results) : {};
}

/** Keeps the results of clients that were not run, or were skipped. */
export function recordResults(results: ReadonlyMap<string, Result>): void {
  const run = [...results].filter(([, { outcome }]) => outcome !== 'skipped');
  const all = { ...readResults(), ...Object.fromEntries(run) };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FILE, `${JSON.stringify(sorted, undefined, 2)}\n`);
}
