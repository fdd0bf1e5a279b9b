import type { Summary } from './statistics.ts';
import { formatPercent } from './format.ts';

/**
 * A limit for one figure of a row, by its median: Signet's own figure, its ratio to the other side, the same by processor time, or
 * Signet's share of the signing ceiling.
 */
export interface Goal<Figure extends keyof Judgeable = keyof Judgeable> {
  of: Figure;
  atLeast?: number;
  atMost?: number;
}

/** The figures that a goal may judge. */
interface Judgeable {
  signet?: Summary;
  ratio?: Summary;
  cpuRatio?: Summary;
  ceilingShare?: { signet: Summary };
}

export interface Verdict {
  /** As in `by CPU ≥ 1`. */
  limit: string;
  reached: boolean;
}

const NAMES = {
  signet: 'Signet',
  ratio: 'ratio',
  cpuRatio: 'by CPU',
  ceilingShare: 'ceiling',
} as const satisfies Record<keyof Judgeable, string>;

/** @throws RangeError when the row does not have a figure that it has a goal for */
export function judge(row: Judgeable & { scenario: string; goals?: readonly Goal[] }): Verdict[] {
  return (row.goals ?? []).map(({ of, atLeast, atMost }) => {
    const figure = of === 'ceilingShare' ? row.ceilingShare?.signet : row[of];
    if (figure === undefined)
      throw new RangeError(`${row.scenario}: a goal for ${of}, which was not measured`);
    const format = of === 'ceilingShare' ? formatPercent : String;
    return {
      limit: [
        NAMES[of],
        ...(atLeast === undefined ? [] : [`≥ ${format(atLeast)}`]),
        ...(atMost === undefined ? [] : [`≤ ${format(atMost)}`]),
      ].join(' '),
      reached: figure.median >= (atLeast ?? -Infinity) && figure.median <= (atMost ?? Infinity),
    };
  });
}
