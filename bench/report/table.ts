import type { Row } from './row.ts';
import { isReached } from './row.ts';
import { formatFigure, formatPercent, formatTimes } from './format.ts';
import type { Report } from './report.ts';
import type { Summary } from './statistics.ts';

/** The report as text for a terminal: medians, with the lowest and the highest round beside them. */
export function formatTable(report: Report): string {
  const header = ['', 'unit', 'Signet', '', 'plain', '', 'ratio', '', 'by CPU', 'share of ceiling', 'goal'];
  const lines = report.rows.map((row) => [
    row.scenario,
    row.unit,
    ...figure(row.signet, formatFigure),
    ...figure(row.plain, formatFigure),
    ...figure(row.ratio, formatTimes),
    row.cpuRatio === undefined ? '' : formatTimes(row.cpuRatio.median),
    ceilingShare(row),
    goal(row),
  ]);
  const widths = header.map((_, column) =>
    Math.max(...[header, ...lines].map((line) => line[column]?.length ?? 0)),
  );
  const text = [header, ...lines].map((line) =>
    line
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [...text, '', ...footer(report)].join('\n');
}

function isNumber(column: number): boolean {
  return column === 2 || column === 4 || column === 6 || column === 8;
}

function figure(summary: Summary, format: (value: number) => string): [string, string] {
  return [format(summary.median), `${format(summary.low)}–${format(summary.high)}`];
}

function ceilingShare({ ceilingShare: share }: Row): string {
  if (share === undefined) return '';
  return `${formatPercent(share.signet.median)} (plain ${formatPercent(share.plain.median)})`;
}

function goal(row: Row): string {
  if (row.goal === undefined) return '';
  const { atLeast, atMost, of } = row.goal;
  const limit = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  return `${of} ${limit}: ${isReached(row.goal, row) ? 'reached' : 'MISSED'}`;
}

function footer({ environment, ceiling, cautions, rows }: Report): string[] {
  const { pinned } = environment;
  const cores =
    'reason' in pinned
      ? 'not pinned'
      : `servers on core ${pinned.server}, load generator on core ${pinned.generator}`;
  const generator = Math.max(...rows.map((row) => row.cpu?.generator.high ?? 0));
  return [
    `Signing ceiling of the core: ${formatFigure(ceiling.median)} RSA-2048 signatures/s (${formatFigure(ceiling.low)}–${formatFigure(ceiling.high)})`,
    `${environment.cpu}, ${environment.cores} cores; ${cores}; load generator at most ${formatPercent(generator)} of its core`,
    `Node ${environment.node}, oidc-provider ${environment.oidcProvider}, database on ${environment.fileSystem}; commit ${environment.commit}, ${environment.date}`,
    ...cautions.map((caution) => `! ${caution}`),
  ];
}
