import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../machine/environment.ts';
import { drawChart } from './chart.ts';
import type { Row } from './row.ts';
import type { ScaleSection } from './scale.ts';
import type { Summary } from './statistics.ts';

/** The results of a run. */
export interface Report {
  mode: 'full' | 'quick';
  environment: Environment;
  cautions: string[];
  /** RSA-2048 SHA-256 signatures a second on the server core; undefined when that part was left out. */
  ceiling: Summary | undefined;
  /** Signet beside plain oidc-provider. */
  rows: Row[];
  /** Signet beside more of itself. */
  scale: ScaleSection[];
}

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
