import { formatFigure } from '../../bench/report/format.ts';
import type { Sample, SoakRecord } from './record.ts';

/** Draws a record as SVG: one line over time for each figure, each with its own scale, the warm-up shaded. */

const WIDTH = 880;
const MARGIN = 24;
const PLOT_LEFT = 210;
const PLOT_WIDTH = WIDTH - PLOT_LEFT - MARGIN - 70;
const PLOT_HEIGHT = 56;
const ROW_HEIGHT = 84;

const STYLE = `
    text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
    .title { font-size: 18px; font-weight: 600 }
    .quiet { font-size: 11.5px; fill: #59636e }
    .bad { fill: #b3261e }
    .paper { fill: #ffffff; stroke: #d1d9e0 }
    .plot { fill: #f6f8fa }
    .warm-up { fill: #e7ebef }
    .line { fill: none; stroke: #3056d3; stroke-width: 1.5 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .quiet { fill: #9198a1 }
      .bad { fill: #ff8f87 }
      .paper { fill: #0d1117; stroke: #3d444d }
      .plot { fill: #151b23 }
      .warm-up { fill: #212830 }
      .line { stroke: #6d8df7 }
    }`;

const ROWS: readonly { title: string; unit: string; read: (sample: Sample) => number }[] = [
  { title: 'Resident memory', unit: 'MB', read: ({ residentMegabytes }) => residentMegabytes },
  { title: 'JavaScript heap', unit: 'MB', read: ({ heapMegabytes }) => heapMegabytes },
  { title: 'File descriptors', unit: 'open', read: ({ descriptors }) => descriptors },
  { title: 'Event loop delay, p99', unit: 'ms', read: ({ eventLoopP99 }) => eventLoopP99 },
  { title: 'Store', unit: 'MB', read: ({ store }) => store.bytes / 1e6 },
  { title: 'Records in the store', unit: 'records', read: ({ store }) => store.records },
  { title: 'Requests answered', unit: 'a second', read: ({ requests }) => requests },
];

export function drawSoak(record: SoakRecord): string {
  const { options } = record;
  const title = `${options.minutes} minutes of good and mutated requests, ${options.rate} a second, on ${options.store === 'redis' ? 'Redis' : 'SQLite'}`;
  const top = MARGIN + 62;
  const rows = ROWS.flatMap((row, index) => drawRow(record, row, top + index * ROW_HEIGHT));
  const verdictTop = top + ROWS.length * ROW_HEIGHT + 10;
  const verdict = record.verdict.map(({ what, seen, holds }, index) =>
    text(MARGIN, verdictTop + index * 19, `${holds ? '✓' : '✗'} ${what}: ${seen}`, holds ? '' : 'bad'),
  );
  const height = verdictTop + record.verdict.length * 19 + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${title}">
  <style>${STYLE}
  </style>
  <rect class="paper" x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>
  ${[text(MARGIN, MARGIN + 18, title, 'title'), text(MARGIN, MARGIN + 40, circumstances(record), 'quiet'), ...rows, ...verdict].join('\n  ')}
</svg>
`;
}

function circumstances({ date, requests, eventLoop, machine }: SoakRecord): string {
  return [
    date.slice(0, 10),
    `${formatFigure(requests)} answers`,
    `event loop delay p50 ${eventLoop.p50.toFixed(1)} ms, p99 ${eventLoop.p99.toFixed(1)} ms`,
    `load average ${machine.loadAverage.toFixed(1)} on ${machine.processors} processors`,
  ].join(' · ');
}

function drawRow({ samples, warmUp }: SoakRecord, row: (typeof ROWS)[number], top: number): string[] {
  const values = samples.map(row.read);
  const highest = Math.max(...values, Number.EPSILON);
  const last = Math.max(samples.at(-1)?.at ?? 1, 1);
  const x = (at: number): string => (PLOT_LEFT + (at / last) * PLOT_WIDTH).toFixed(1);
  const y = (value: number): string => (top + PLOT_HEIGHT * (1 - value / highest)).toFixed(1);
  const points = samples.map(({ at }, index) => `${x(at)},${y(values[index] ?? 0)}`);
  const shaded = Math.min(warmUp / last, 1) * PLOT_WIDTH;
  return [
    text(MARGIN, top + 24, row.title),
    text(MARGIN, top + 41, row.unit, 'quiet'),
    `<rect class="plot" x="${PLOT_LEFT}" y="${top}" width="${PLOT_WIDTH}" height="${PLOT_HEIGHT}"/>`,
    `<rect class="warm-up" x="${PLOT_LEFT}" y="${top}" width="${shaded.toFixed(1)}" height="${PLOT_HEIGHT}"/>`,
    `<polyline class="line" points="${points.join(' ')}"/>`,
    text(PLOT_LEFT + PLOT_WIDTH + 8, top + 10, formatFigure(highest), 'quiet'),
    text(PLOT_LEFT + PLOT_WIDTH + 8, top + PLOT_HEIGHT, '0', 'quiet'),
  ];
}

function text(x: number, y: number, content: string, kind = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text${kind && ` class="${kind}"`} x="${x}" y="${y}">${escaped}</text>`;
}
