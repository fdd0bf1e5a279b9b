import { formatFigure, formatPercent, formatTimes } from './format.ts';
import type { Report } from './report.ts';
import { judge, type Verdict } from './goal.ts';
import type { Row } from './row.ts';
import type { ScaleRow } from './scale.ts';
import type { Summary } from './statistics.ts';

/**
 * The report as a picture: two bars for each row, each row on its own scale, a line from the lowest to the highest round.
 * Plain SVG with its own background, dark where the reader's system is dark.
 */

const WIDTH = 920;
const LABEL_WIDTH = 250;
const BAR_WIDTH = 320;
const BAR_HEIGHT = 13;
const ROW_HEIGHT = 56;
const MARGIN = 24;
const BARS = MARGIN + LABEL_WIDTH;
const SIDE = BARS + BAR_WIDTH + 90;

/** The content of a row of the picture. */
interface Drawn {
  label: string;
  unit: string;
  bars: readonly [Bar, Bar];
  ratio: number;
  cpuRatio: number | undefined;
  goals: readonly Verdict[];
  note?: string;
}

interface Bar {
  kind: 'signet' | 'plain';
  summary: Summary;
}

const STYLE = `
    text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
    .title { font-size: 18px; font-weight: 600 }
    .group { font-size: 12px; font-weight: 600; fill: #59636e; letter-spacing: .04em; text-transform: uppercase }
    .quiet { font-size: 11.5px; fill: #59636e }
    .strong { font-weight: 600 }
    .goal { font-size: 11.5px }
    .paper { fill: #ffffff; stroke: #d1d9e0 }
    .signet { fill: #3056d3 }
    .plain { fill: #a3adb8 }
    .spread { stroke: #1f2328; stroke-width: 1.25; opacity: .7 }
    .rule { stroke: #d1d9e0 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .group, .quiet { fill: #9198a1 }
      .paper { fill: #0d1117; stroke: #3d444d }
      .signet { fill: #6d8df7 }
      .plain { fill: #59636e }
      .spread { stroke: #f0f6fc }
      .rule { stroke: #3d444d }
    }`;

export function drawChart(report: Report): string {
  const parts: string[] = [];
  let y = MARGIN + 18;
  parts.push(text(MARGIN, y, 'Signet beside plain oidc-provider, on one core', 'title'));
  y += 26;
  parts.push(...legend(y));
  y += 20;
  for (const [better, heading] of [
    ['more', 'a longer bar is better'],
    ['less', 'a shorter bar is better'],
  ] as const) {
    y += 22;
    parts.push(text(MARGIN, y, heading, 'group'), text(SIDE, y, 'ratio', 'group'));
    y += 10;
    parts.push(`<line class="rule" x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${y}" y2="${y}"/>`);
    for (const row of report.rows.filter((candidate) => candidate.better === better)) {
      parts.push(...drawRow(plainRow(row), y + 11));
      y += ROW_HEIGHT;
    }
  }
  for (const section of report.scale) {
    y += 22;
    parts.push(text(MARGIN, y, section.title, 'group'), text(SIDE, y, 'ratio', 'group'));
    y += 10;
    parts.push(`<line class="rule" x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${y}" y2="${y}"/>`);
    y += 18;
    parts.push(text(MARGIN, y, `upper bar: ${section.small}; lower bar: ${section.large}`, 'quiet'));
    for (const row of section.rows) {
      parts.push(...drawRow(scaleRow(row), y + 11));
      y += ROW_HEIGHT;
    }
  }
  for (const line of footer(report)) {
    y += 18;
    parts.push(text(MARGIN, y, line, 'quiet'));
  }
  const height = y + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Signet beside plain oidc-provider">
  <style>${STYLE}
  </style>
  <rect class="paper" x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>
  ${parts.join('\n  ')}
</svg>
`;
}

function legend(y: number): string[] {
  return [
    `<rect class="signet" x="${MARGIN}" y="${y - 10}" width="12" height="12" rx="2"/>`,
    text(MARGIN + 18, y, 'Signet, durable SQLite store'),
    `<rect class="plain" x="${MARGIN + 220}" y="${y - 10}" width="12" height="12" rx="2"/>`,
    text(MARGIN + 238, y, 'plain oidc-provider, in memory'),
    `<line class="spread" x1="${MARGIN + 450}" x2="${MARGIN + 474}" y1="${y - 4}" y2="${y - 4}"/>`,
    text(MARGIN + 482, y, 'lowest to highest round'),
  ];
}

function plainRow(row: Row): Drawn {
  const { scenario: label, unit, ceilingShare: share } = row;
  return {
    label,
    unit,
    bars: [
      { kind: 'signet', summary: row.signet },
      { kind: 'plain', summary: row.plain },
    ],
    ratio: row.ratio.median,
    cpuRatio: row.cpuRatio?.median,
    goals: judge(row),
    ...(share !== undefined && {
      note: `ceiling: ${formatPercent(share.signet.median)}, plain ${formatPercent(share.plain.median)}`,
    }),
  };
}

function scaleRow(row: ScaleRow): Drawn {
  const { scenario: label, unit, small, large, ratio, cpuRatio } = row;
  return {
    label,
    unit,
    bars: [
      { kind: 'plain', summary: small },
      { kind: 'signet', summary: large },
    ],
    ratio: ratio.median,
    cpuRatio: cpuRatio?.median,
    goals: judge(row),
  };
}

function drawRow({ label, unit, bars, ratio, cpuRatio, goals, note }: Drawn, top: number): string[] {
  const longest = Math.max(...bars.map(({ summary }) => summary.high));
  const byCpu =
    cpuRatio === undefined ? '' : `<tspan class="goal" dx="8">by CPU ${formatTimes(cpuRatio)}</tspan>`;
  const marks = goals.map(({ limit, reached }) => `${limit} ${reached ? '✓' : '✗'}`).join(' · ');
  return [
    text(MARGIN, top + 13, label),
    text(MARGIN, top + 29, unit, 'quiet'),
    ...bars.flatMap(({ kind, summary }, index) =>
      drawBar(kind, summary, longest, top + index * (BAR_HEIGHT + 4)),
    ),
    `<text x="${SIDE}" y="${top + 13}"><tspan class="strong">${formatTimes(ratio)} ×</tspan>${byCpu}</text>`,
    ...(marks === '' ? [] : [text(SIDE, top + 28, marks, 'goal')]),
    ...(note === undefined ? [] : [text(SIDE, top + (marks === '' ? 28 : 42), note, 'quiet')]),
  ];
}

function drawBar(side: Bar['kind'], summary: Summary, longest: number, top: number): string[] {
  const scale = (value: number) => Number(((value / longest) * BAR_WIDTH).toFixed(1));
  const middle = top + BAR_HEIGHT / 2;
  return [
    `<rect class="${side}" x="${BARS}" y="${top}" width="${Math.max(1, scale(summary.median))}" height="${BAR_HEIGHT}" rx="2"/>`,
    `<line class="spread" x1="${BARS + scale(summary.low)}" x2="${BARS + scale(summary.high)}" y1="${middle}" y2="${middle}"/>`,
    text(
      BARS + Math.max(scale(summary.median), scale(summary.high)) + 7,
      top + BAR_HEIGHT - 2.5,
      formatFigure(summary.median),
    ),
  ];
}

function footer({ environment, ceiling, cautions, mode }: Report): string[] {
  return [
    '',
    `${environment.cpu}; Node ${environment.node}; oidc-provider ${environment.oidcProvider}; commit ${environment.commit}; ${environment.date.slice(0, 10)}; ${mode} run`,
    ceiling === undefined
      ? ''
      : `Signing ceiling of the core: ${formatFigure(ceiling.median)} RSA-2048 signatures a second. Compare ratios, not absolute figures, between machines.`,
    ...cautions,
  ];
}

function text(x: number, y: number, content: string, kind = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text${kind && ` class="${kind}"`} x="${x}" y="${y}">${escaped}</text>`;
}
