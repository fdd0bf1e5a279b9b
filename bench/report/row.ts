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
  ceilingShare?: { signaturesCounted: number; signet: Summary; plain: Summary };
  goal?: Goal;
  /** The ratio of operations for each second of the servers' own processor time: it holds on a busy machine too. */
  cpuRatio?: Summary;
  /** Share of a core, 0 to 1, of the load generator and of each server. */
  cpu?: { generator: Summary; signet: Summary; plain: Summary };
}

export interface Goal {
  of: 'signet' | 'ratio';
  atLeast?: number;
  atMost?: number;
}

/** The measurements by round; both sides in the same order. */
export interface Measured {
  signet: number[];
  plain: number[];
}

export function makeRow(
  facts: Pick<Row, 'scenario' | 'unit' | 'better'>,
  measured: Measured,
  extra: Pick<Row, 'goal' | 'ceilingShare' | 'cpuRatio' | 'cpu'> = {},
): Row {
  return {
    ...facts,
    signet: summarize(measured.signet),
    plain: summarize(measured.plain),
    ratio: summarize(ratios(measured.signet, measured.plain)),
    ...extra,
  };
}

/** @param median of what the goal is about */
export function isReached(goal: Goal, median: number): boolean {
  return median >= (goal.atLeast ?? -Infinity) && median <= (goal.atMost ?? Infinity);
}
