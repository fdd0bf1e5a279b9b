import type { Result } from './results.ts';

const MAX_DETAIL = 200;

/** One line for each client: versions, outcome, and what failed, is missing or was refused. */
export function resultTable(results: ReadonlyMap<string, Result>): string {
  const rows = [...results].map(([name, { versions, outcome, detail = '' }]) => [
    name,
    Object.values(versions)[0] ?? '',
    outcome === 'skipped' ? 'SKIPPED' : outcome,
    detail.split('\n').join(' ').slice(0, MAX_DETAIL),
  ]);
  const all = [['client', 'version', 'outcome', ''], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
