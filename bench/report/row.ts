import { formatPercent } from './format.ts';
import type { Goal } from './goal.ts';
import { ratios, type Summary, summarize } from './statistics.ts';

/** One line of the result. */
export interface Row {
  scenario: string;
  unit: string;
  better: 'more' | 'less';
  signet: Summary;
  plain: Summary;
  /** Signet's figure through the plain server's. */
  ratio: Summary;
  /** Signatures made through those the core could have made; absent where the figure is no rate. */
  ceilingShare?: CeilingShare;
  goals?: readonly Goal[];
  /** The ratio of operations for each second of the servers' own processor time: it holds on a busy machine too. */
  cpuRatio?: Summary;
  /** Share of a core, 0 to 1, of the load generator and of each server. */
  cpu?: { generator: Summary; signet: Summary; plain: Summary };
}

interface CeilingShare {
  signaturesCounted: number;
  signet: Summary;
  plain: Summary;
  /** The same for each second of processor time. */
  byCpu: { signet: Summary; plain: Summary };
}

/** Below this share of the core, the server waited, or something else ran there. */
const WHOLE_CORE = 0.95;

/** Where a share of the ceiling is judged and the server did not have its core to itself, one sentence each. */
export function coreCautions(rows: readonly Row[]): string[] {
  return rows.flatMap(({ scenario, goals, cpu, ceilingShare: share }) => {
    const isJudged = goals?.some(({ of }) => of === 'ceilingShare') === true;
    if (!isJudged || !cpu || !share || cpu.signet.median >= WHOLE_CORE) return [];
    const core = formatPercent(cpu.signet.median);
    const byCpu = formatPercent(share.byCpu.signet.median);
    return [`${scenario}: Signet used ${core} of its core. By CPU its share of the ceiling is ${byCpu}.`];
  });
}

/** The measurements by round; both sides in the same order. */
export interface Measured {
  signet: number[];
  plain: number[];
}

export function makeRow(
  facts: Pick<Row, 'scenario' | 'unit' | 'better'>,
  measured: Measured,
  extra: Pick<Row, 'goals' | 'ceilingShare' | 'cpuRatio' | 'cpu'> = {},
): Row {
  return {
    ...facts,
    signet: summarize(measured.signet),
    plain: summarize(measured.plain),
    ratio: summarize(ratios(measured.signet, measured.plain)),
    ...extra,
  };
}
