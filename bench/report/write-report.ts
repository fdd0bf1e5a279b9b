import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawChart } from './chart.ts';
import type { Report } from './report.ts';

const RESULTS = join(import.meta.dirname, '../results');

/** Replaces `bench/results/latest.json` and the picture beside it. */
export function writeReport(report: Report): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, 'latest.json'), `${JSON.stringify(report, withFewerDigits, 2)}\n`);
  writeFileSync(join(RESULTS, 'latest.svg'), drawChart(report));
}

/** Four significant digits are more than the spread deserves. */
function withFewerDigits(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
