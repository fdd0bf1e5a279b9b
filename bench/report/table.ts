import { inColumns } from './columns.ts';
import { judge } from './goal.ts';
import type { Row } from './row.ts';
import { formatFigure, formatPercent, formatTimes } from './format.ts';
import type { Report } from './report.ts';
import type { ScaleSection } from './scale.ts';
import type { Summary } from './statistics.ts';
import { isWithin, type StoreCountsSection } from './store-counts.ts';

/** The report as text for a terminal: medians, with the lowest and the highest round beside them. */
export function formatTable(report: Report): string {
  const header = ['', 'unit', 'Signet', '', 'plain', '', 'ratio', '', 'by CPU', 'share of ceiling', 'goals'];
  const lines = report.rows.map((row) => [
    row.scenario,
    row.unit,
    ...figure(row.signet, formatFigure),
    ...figure(row.plain, formatFigure),
    ...figure(row.ratio, formatTimes),
    row.cpuRatio === undefined ? '' : formatTimes(row.cpuRatio.median),
    ceilingShare(row),
    goals(row),
  ]);
  return [
    ...(report.rows.length > 0 ? [...inColumns([header, ...lines], isNumber), ''] : []),
    ...report.counts.flatMap((section) => [...countsTable(section), '']),
    ...report.scale.flatMap((section) => [...scaleTable(section), '']),
    ...footer(report),
  ].join('\n');
}

function scaleTable({ title, small, large, rows }: ScaleSection): string[] {
  const header = ['', 'unit', small, '', large, '', 'ratio', '', 'by CPU', 'goals'];
  const lines = rows.map((row) => [
    row.scenario,
    row.unit,
    ...figure(row.small, formatFigure),
    ...figure(row.large, formatFigure),
    ...figure(row.ratio, formatTimes),
    row.cpuRatio === undefined ? '' : formatTimes(row.cpuRatio.median),
    goals(row),
  ]);
  return [title, ...inColumns([header, ...lines], isNumber)];
}

function countsTable({ store, rows }: StoreCountsSection): string[] {
  const header = ['', 'reads', 'transactions', 'round trips', 'durable waits', 'goals'];
  const lines = rows.map(({ scenario, each, goal }) => [
    scenario,
    `${each.reads}`,
    `${each.transactions}`,
    store === 'Redis' ? `${each.roundTrips}` : '',
    `${each.durableWaits}`,
    goal === undefined
      ? ''
      : `≤ ${goal.reads}, ${goal.transactions}, ${goal.durableWaits}: ${verdict(isWithin(each, goal))}`,
  ]);
  return [
    `one operation in ${store}`,
    ...inColumns([header, ...lines], (column) => column > 0 && column < 5),
  ];
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

function goals(row: Parameters<typeof judge>[0]): string {
  return judge(row)
    .map(({ limit, reached }) => `${limit}: ${verdict(reached)}`)
    .join(', ');
}

function verdict(reached: boolean): string {
  return reached ? 'reached' : 'MISSED';
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
