import { countResults, type PlanResults, RESULTS } from './results.ts';

/** The table at the end of a run: one line for each plan. */
export function printTable(results: readonly PlanResults[]): void {
  const rows = results.map(({ plan, modules }) => {
    const counts = countResults(modules);
    const unexpected = modules.filter(({ result, expected }) => result !== expected).length;
    return [
      plan,
      ...RESULTS.map((result) => String(counts[result] || '')),
      unexpected === 0 ? 'as expected' : `${unexpected} unexpected`,
    ];
  });
  const table = [['PLAN', ...RESULTS, ''], ...rows];
  const widths = table[0]!.map((_cell, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
}
