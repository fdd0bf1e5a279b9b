import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readExpectations } from '../suite/expectations.ts';
import { type RecordedResults, resultsPage } from './results-page.ts';
import type { PlanResults } from './results.ts';

/** Keeps the results of runs, and writes them into the page. A run of some plans leaves the results of the others. */

const RESULTS_FILE = new URL('../results.json', import.meta.url);
export const PAGE_FILE = new URL('../../docs/conformance.md', import.meta.url);

export function readResults(): RecordedResults {
  return existsSync(RESULTS_FILE) ? (JSON.parse(readFileSync(RESULTS_FILE, 'utf8')) as RecordedResults) : {};
}

export function recordResults(results: readonly PlanResults[], date: Date): void {
  const recorded = readResults();
  for (const { plan, modules } of results) {
    recorded[plan] = {
      date: date.toISOString().slice(0, 10),
      modules: modules.map(({ module, variant, result }) =>
        variant.response_type === undefined
          ? { module, result }
          : { module, of: variant.response_type, result },
      ),
    };
  }
  writeFileSync(RESULTS_FILE, `${JSON.stringify(recorded, null, 1)}\n`);
  const page = readFileSync(PAGE_FILE, 'utf8');
  writeFileSync(PAGE_FILE, resultsPage(page, recorded, readExpectations()));
}
