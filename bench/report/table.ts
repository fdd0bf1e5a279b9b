import { inColumns } from './columns.ts';
import { type Goal, isReached, type Row } from './row.ts';
import { formatFigure, formatPercent, formatTimes } from './format.ts';
import type { Report } from './report.ts';
import type { ScaleSection } from './scale.ts';
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
  return [
    ...(report.rows.length > 0 ? [...inColumns([header, ...lines], isNumber), ''] : []),
    ...report.scale.flatMap((section) => [...scaleTable(section), '']),
    ...footer(report),
  ].join('\n');
}

function scaleTable({ title, small, large, rows }: ScaleSection): string[] {
  const header = ['', 'unit', small, '', large, '', 'ratio', '', 'by CPU', 'goal'];
  const lines = rows.map((row) => [
    row.scenario,
    row.unit,
    ...figure(row.small, formatFigure),
    ...figure(row.large, formatFigure),
    ...figure(row.ratio, formatTimes),
    row.cpuRatio === undefined ? '' : formatTimes(row.cpuRatio.median),
    row.goal === undefined ? '' : goalText(row.goal, row.ratio.median),
  ]);
  return [title, ...inColumns([header, ...lines], isNumber)];
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
  return row.goal === undefined ? '' : goalText(row.goal, row[row.goal.of].median);
}

function goalText(goal: Goal, median: number): string {
  const { atLeast, atMost, of } = goal;
  const limit = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  return `${of} ${limit}: ${isReached(goal, median) ? 'reached' : 'MISSED'}`;
}

function footer({ environment, ceiling, cautions, rows }: Report): string[] {
  const { pinned } = environment;
  const cores =
    'reason' in pinned
      ? 'not pinned'
      : `servers on core ${pinned.server}, load generator on core ${pinned.generator}`;
  const generator = Math.max(0, ...rows.map((row) => row.cpu?.generator.high ?? 0));
  return [
    ...(ceiling === undefined
      ? []
      : [
          `Signing ceiling of the core: ${formatFigure(ceiling.median)} RSA-2048 signatures/s (${formatFigure(ceiling.low)}–${formatFigure(ceiling.high)})`,
        ]),
    `${environment.cpu}, ${environment.cores} cores; ${cores}${generator > 0 ? `; load generator at most ${formatPercent(generator)} of its core` : ''}`,
    `Node ${environment.node}, oidc-provider ${environment.oidcProvider}, database on ${environment.fileSystem}; commit ${environment.commit}, ${environment.date}`,
    ...cautions.map((caution) => `! ${caution}`),
  ];
}
